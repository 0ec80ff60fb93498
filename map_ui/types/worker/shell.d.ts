// What map_ui/phone.py writes above the service worker: which files the page consists of.

declare const SHELL: { version: string; page: string; files: string[] };
