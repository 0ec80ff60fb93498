/* Numbers and days as people of the page's language write them. */

import { isolated } from "./directions.js";
import { _, language } from "./words.js";

const whole = new Intl.NumberFormat(language);
const oneDigit = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const NOTHING = "—";

/**
 * 1286 → 1,286; nothing → —.
 * @param {number | null | undefined} value
 */
export function count(value) {
  return value === null || value === undefined ? NOTHING : whole.format(value);
}

/**
 * 0.942 → 94.2; nothing → —. The sign is set apart by the caller.
 * @param {number | null | undefined} value
 */
export function percent(value) {
  return value === null || value === undefined ? NOTHING : oneDigit.format(value * 100);
}

/**
 * 0.942 → 94.2%, 1 → 100%; nothing → —.
 * @param {number | null | undefined} value
 */
export function rate(value) {
  if (value === 1) return "100%";
  return value === null || value === undefined ? NOTHING : `${percent(value)}%`;
}

/**
 * 2026-11-24 → 11/24.
 * @param {string} day
 */
export function shortDay(day) {
  return `${Number(day.slice(5, 7))}/${Number(day.slice(8, 10))}`;
}

/**
 * First and last day of a period, both included, in words.
 * @param {string} first
 * @param {string} last
 */
export function periodText(first, last) {
  return first === last ? first : _("%(first)s to %(last)s", { first, last });
}

/**
 * The time of day of an instant in `timezone`, as 09:46.
 * @param {Date} instant
 * @param {string} timezone
 */
export function clockTime(instant, timezone) {
  return new Intl.DateTimeFormat(language, {
    timeZone: timezone,
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(instant);
}

/**
 * A day and a time of day in `timezone`, as 2026/11/24 09:46.
 * @param {string} instant
 * @param {string} timezone
 */
export function moment(instant, timezone) {
  return new Intl.DateTimeFormat(language, {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(new Date(instant));
}

/**
 * Several names in one line; none → —.
 * @param {string[]} names
 */
export function listed(names) {
  return names.length ? new Intl.ListFormat(language, { style: "narrow" }).format(names.map(isolated)) : NOTHING;
}
