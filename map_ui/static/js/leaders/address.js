/* What the page shows, as its address says it: ?area=&from=&to=&service=&list=&case=&play=. */

import { isDay, presets } from "../shared/periods.js";

/**
 * Area code ("" = the visitor's own), period, service code, which list of cases is open,
 * which case, and whether months or weeks are played.
 * @typedef {{ area: string, from: string, to: string, service: string, list: string, case: string, play: string }} State
 */

/** @type {(keyof State)[]} */
export const KEYS = ["area", "from", "to", "service", "list", "case", "play"];

/**
 * The state that an address names; the last thirty days where it names no period.
 * @param {string} search what follows the path
 * @param {string} now today in the county
 * @returns {State}
 */
export function stateOf(search, now) {
  const query = new URLSearchParams(search);
  const word = (/** @type {keyof State} */ key) => query.get(key) || "";
  const [from, to] = [word("from"), word("to")];
  const isPeriod = isDay(from) && isDay(to) && from < to;
  return {
    area: word("area"),
    service: word("service"),
    list: word("list"),
    case: word("case"),
    play: ["month", "week"].includes(word("play")) ? word("play") : "",
    ...(isPeriod ? { from, to } : presets(now).month),
  };
}

/**
 * `search` with what `state` says; whatever else stands in it stays.
 * @param {string} search
 * @param {State} state
 */
export function searchOf(search, state) {
  const query = new URLSearchParams(search);
  for (const key of KEYS) {
    if (state[key]) query.set(key, state[key]);
    else query.delete(key);
  }
  return query.toString();
}
