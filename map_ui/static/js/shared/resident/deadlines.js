/* Moments and deadlines as residents read them. */

import { _, language, timezone } from "../words.js";

const whole = new Intl.DateTimeFormat(language, {
  timeZone: timezone,
  year: "numeric",
  month: "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/**
 * An instant of the API as day and time of the county.
 * @param {string} text
 */
export function moment(text) {
  return whole.format(new Date(text));
}

const day = new Intl.DateTimeFormat(language, { timeZone: timezone, year: "numeric", month: "long", day: "numeric" });
const time = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });

/**
 * A deadline; one that is midnight is the end of the day before.
 * @param {string} text
 */
export function deadline(text) {
  const at = new Date(text);
  return time.format(at) === "00:00"
    ? _("end of %(day)s", { day: day.format(new Date(at.getTime() - 1)) })
    : moment(text);
}
