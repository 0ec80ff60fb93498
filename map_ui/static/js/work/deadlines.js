/* Deadlines as handlers read them, by this phone's clock. */

import { _, language, ngettext, timezone } from "../shared/words.js";

/** @typedef {Pick<Schema<"RequestOut">, "status" | "due_at" | "completed_at" | "updated_at" | "is_overdue">} Dated */

const HOUR_MS = 3_600_000;

const day = new Intl.DateTimeFormat(language, {
  timeZone: timezone,
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/**
 * An instant as month, day and time of the county's clock.
 * @param {string | number} instant
 */
export function whenText(instant) {
  return day.format(new Date(instant));
}

/**
 * A deadline; one at midnight belongs to the day that ends, as people say it.
 * @param {string} instant
 */
function deadlineText(instant) {
  const text = whenText(instant);
  if (!text.endsWith("00:00")) return text;
  return whenText(new Date(instant).getTime() - 1).replace(/\d\d:\d\d$/, "24:00");
}

/**
 * What is left until it is due, or how long it is overdue: in words, not by colour alone.
 * @param {Dated} item
 * @param {number} [now]
 */
export function dueText(item, now = Date.now()) {
  if (item.status !== "open") return _("Ended %(when)s", { when: whenText(item.completed_at || item.updated_at) });
  const hours = (new Date(item.due_at).getTime() - now) / HOUR_MS;
  if (hours >= 0) return _("Due %(when)s", { when: deadlineText(item.due_at) });
  return hours > -24
    ? ngettext("Overdue by %(count)s hour", "Overdue by %(count)s hours", Math.ceil(-hours))
    : ngettext("Overdue by %(count)s day", "Overdue by %(count)s days", Math.floor(-hours / 24));
}

/**
 * True when its time is over by this phone's clock, or was by the service's.
 * @param {Dated} item
 * @param {number} [now]
 */
export function isOverdue(item, now = Date.now()) {
  return item.status === "open" && (item.is_overdue || new Date(item.due_at).getTime() < now);
}
