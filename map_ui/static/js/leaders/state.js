/* What the page shows now, kept in its address. */

import { today } from "../shared/periods.js";
import { timezone } from "../shared/words.js";
import { KEYS, searchOf, stateOf } from "./address.js";

/** @typedef {import("./address.js").State} State */

/** @type {Set<(state: State, changed: Set<string>) => void>} */
const listeners = new Set();

const readAddress = () => stateOf(window.location.search, today(timezone));

let state = readAddress();

/** @param {State} previous */
function announce(previous) {
  const changed = new Set(KEYS.filter((key) => state[key] !== previous[key]));
  if (!changed.size) return;
  for (const listener of listeners) listener(state, changed);
}

/** The present state. */
export function current() {
  return state;
}

/**
 * The address of the page with `changes` made, for links that may be opened apart.
 * @param {Partial<State>} changes
 */
export function addressOf(changes) {
  const { pathname, search } = window.location;
  return `${pathname}?${searchOf(search, { ...state, ...changes })}`;
}

/**
 * Makes `changes`, writes them to the address and tells everybody who listens; a step of
 * many takes the place of the one before, so that going back leaves them all.
 * @param {Partial<State>} changes
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

/**
 * Calls `listener(state, changedKeys)` after every change.
 * @param {(state: State, changed: Set<string>) => void} listener
 */
export function onChange(listener) {
  listeners.add(listener);
}

window.addEventListener("popstate", () => {
  const previous = state;
  state = readAddress();
  announce(previous);
});
