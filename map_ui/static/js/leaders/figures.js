/* The figures of one state of the page; a newer state ends the older questions. */

import { read } from "../shared/api.js";
import { before } from "../shared/periods.js";

/** @type {AbortController | null} */
let asked = null;

/**
 * Reads what all panels show: `{children, services, weeks, stages, earlier}`.
 * Throws AbortError when a newer state was asked for meanwhile.
 * @param {Pick<import("./address.js").State, "from" | "to" | "service"> & { area: string | null }} state
 */
export async function readFigures({ area, from, to, service }) {
  if (asked) asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const summary = (/** @type {string} */ by, /** @type {Query} */ extra = {}) =>
    read("/api/summary", { area, from, to, service_code: service, by, ...extra }, signal);
  const [children, services, weeks, stages, earlier] = await Promise.all([
    summary("area"),
    // All categories stay in sight, so that one can be exchanged for another.
    summary("service", { service_code: "" }),
    summary("week"),
    summary("stage"),
    summary("", before({ from, to })),
  ]);
  return { children, services, weeks, stages, earlier: earlier.totals };
}
