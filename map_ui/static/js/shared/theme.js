/* Light or dark: the system's wish, until the visitor chooses. */

import { byId } from "./dom.js";

const KEY = "minqing-theme";
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Map<string, string>} */
const colours = new Map();
const system = window.matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden; the system's wish is enough then
  }
}

/** @param {string} theme */
function apply(theme) {
  document.documentElement.dataset.theme = theme;
  colours.clear();
  listeners.forEach((listener) => {
    listener();
  });
}

/**
 * The value of a colour of tokens.css in the present theme, for canvases.
 * @param {string} name
 * @returns {string}
 */
export function colour(name) {
  if (!colours.has(name)) {
    colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  }
  return colours.get(name) || "";
}

/**
 * Calls `listener` whenever colours change.
 * @param {() => void} listener
 */
export function onTheme(listener) {
  listeners.add(listener);
}

/** Changes with the system as long as `isFree` says that nobody has chosen. */
export function followSystem(isFree = () => true) {
  system.addEventListener("change", () => {
    if (isFree()) apply(system.matches ? "dark" : "light");
  });
}

/**
 * Light while the page is printed, whatever was chosen.
 * @param {boolean} isPrinted
 */
export function usePaper(isPrinted) {
  const next = isPrinted ? "light" : stored() || (system.matches ? "dark" : "light");
  if (document.documentElement.dataset.theme !== next) apply(next);
}

/** Makes the button #theme switch, and follows the system meanwhile. */
export function startTheme() {
  followSystem(() => !stored());
  byId("theme").addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem(KEY, next);
    } catch {
      // not kept, but shown
    }
    apply(next);
  });
}
