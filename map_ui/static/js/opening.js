/* The list of cases and a case in full: fetched when somebody first opens one. */

import { byId } from "./dom.js";
import { current } from "./state.js";

let parts = null;
let way = null;

async function load() {
  const [cases, detail] = await Promise.all([import("./cases.js"), import("./case.js")]);
  cases.startCases(way);
  detail.startCase(way);
  return { ...cases, ...detail };
}

/** `onTrouble(error, again)` tells what went wrong, `onChange()` that a case has changed. */
export function startOpening({ canRemind, onTrouble, onChange }) {
  way = { canRemind, onTrouble, onChange };
}

/** Shows or closes what the state names; `totals` are those of the place `at`. */
export async function open({ at, totals, hasNewList, hasNewCase }) {
  const { list, case: id } = current();
  if (!parts && !list && !id) return;
  if (!parts) parts = load();
  const { showCases, showCase } = await parts;
  const jobs = [];
  if (hasNewList) jobs.push(showCases({ at, totals, name: byId("place-name").textContent }));
  if (hasNewCase) jobs.push(showCase());
  await Promise.all(jobs);
}
