/* What the page shows, kept in its address: ?area=&from=&to=&service=&list=&case=&play=. */

import { isDay, presets, today } from "../shared/periods.js";
import { timezone } from "../shared/words.js";

const KEYS = ["area", "from", "to", "service", "list", "case", "play"];
const listeners = new Set();

function readAddress() {
  const query = new URLSearchParams(window.location.search);
  const state = Object.fromEntries(KEYS.map((key) => [key, query.get(key) || ""]));
  if (!isDay(state.from) || !isDay(state.to) || state.from >= state.to) {
    Object.assign(state, presets(today(timezone)).month);
  }
  if (!["month", "week"].includes(state.play)) state.play = "";
  return state;
}

let state = readAddress();

function announce(previous) {
  const changed = new Set(KEYS.filter((key) => state[key] !== previous[key]));
  if (changed.size)
    listeners.forEach((listener) => {
      listener(state, changed);
    });
}

/**
 * The present state: area code ("" = the visitor's own), from, to, service code, which
 * list of cases is open, which case, and whether months or weeks are played.
 */
export function current() {
  return state;
}

/** The address of the page with `changes` made, for links that may be opened apart. */
export function addressOf(changes) {
  const query = new URLSearchParams(window.location.search);
  for (const key of KEYS) {
    const value = { ...state, ...changes }[key];
    if (value) query.set(key, value);
    else query.delete(key);
  }
  return `${window.location.pathname}?${query}`;
}

/**
 * Makes `changes`, writes them to the address and tells everybody who listens; a step of
 * many takes the place of the one before, so that going back leaves them all.
 */
export function update(changes, { isStep = false } = {}) {
  const previous = state;
  const address = addressOf(changes);
  state = { ...state, ...changes };
  if (KEYS.some((key) => state[key] !== previous[key])) {
    if (isStep) window.history.replaceState(null, "", address);
    else window.history.pushState(null, "", address);
  }
  announce(previous);
}

/** Calls `listener(state, changedKeys)` after every change. */
export function onChange(listener) {
  listeners.add(listener);
}

window.addEventListener("popstate", () => {
  const previous = state;
  state = readAddress();
  announce(previous);
});
