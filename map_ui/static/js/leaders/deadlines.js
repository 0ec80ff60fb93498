/* Deadlines as leaders read them: how much time is left, or how late it is. */

import { _, ngettext } from "../shared/words.js";

const HOUR = 3600000;
const DAY = 24 * HOUR;

/** @param {number} milliseconds */
function span(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  return days
    ? ngettext("%(count)s day", "%(count)s days", days)
    : ngettext("%(count)s hour", "%(count)s hours", Math.max(1, Math.floor(milliseconds / HOUR)));
}

/**
 * The deadline as people say it: overdue for how long, due in how long, done in time.
 * @param {Pick<Schema<"RequestOut">, "status" | "due_at" | "completed_at">} request
 * @param {number} [now]
 */
export function dueText({ status, due_at: due, completed_at: completed }, now = Date.now()) {
  const left = Date.parse(due) - (completed ? Date.parse(completed) : now);
  if (status !== "open") {
    if (!completed) return "";
    return left >= 0 ? _("settled in time") : _("settled %(span)s late", { span: span(-left) });
  }
  return left >= 0 ? _("due in %(span)s", { span: span(left) }) : _("overdue for %(span)s", { span: span(-left) });
}
