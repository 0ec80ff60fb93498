/* The list of cases and a case in full: fetched when somebody first opens one. */

import { byId } from "../shared/dom.js";
import { current } from "./state.js";

/** @typedef {(error: unknown, again: () => unknown) => void} OnTrouble tells what went wrong, with a way to do it again */
/** @typedef {{ canRemind: boolean, onTrouble: OnTrouble, onChange: () => void }} Ways */

/** @type {ReturnType<typeof load> | null} */
let parts = null;
/** @type {Ways} */
let way;

async function load() {
  const [cases, detail] = await Promise.all([import("./cases.js"), import("./case.js")]);
  cases.startCases(way);
  detail.startCase(way);
  return { ...cases, ...detail };
}

/**
 * `onTrouble(error, again)` tells what went wrong, `onChange()` that a case has changed.
 * @param {Ways} ways
 */
export function startOpening({ canRemind, onTrouble, onChange }) {
  way = { canRemind, onTrouble, onChange };
}

/**
 * Shows or closes the list which the state names; `totals` are those of the place `at`.
 * @param {{ at: string | null, totals: Schema<"TotalsOut"> }} what
 */
export async function openCases({ at, totals }) {
  if (!parts && !current().list) return;
  if (!parts) parts = load();
  await (await parts).showCases({ at, totals, name: byId("place-name").textContent });
}

/** Shows or closes the case which the state names. */
export async function openCase() {
  if (!parts && !current().case) return;
  if (!parts) parts = load();
  await (await parts).showCase();
}
