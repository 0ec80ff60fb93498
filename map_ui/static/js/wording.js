/* Codes of cases in words: stages, duties, verbs, deadlines. */

import { _ } from "./words.js";

const HOUR = 3600000;
const DAY = 24 * HOUR;

/** How far a case is. */
export function stageName(stage) {
  return {
    ordered: _("Awaiting acceptance"), dispatched: _("Awaiting acceptance"), accepted: _("Accepted"),
    completed: _("Awaiting rating"), rated: _("Rated"), withdrawn: _("Withdrawn"),
    rejected: _("Rejected"), merged: _("Merged"),
  }[stage] || stage;
}

/** Why somebody answers for a place. */
export function dutyName(duty) {
  return {
    household_care: _("household care"), grid: _("grid worker"), village_desk: _("village desk"),
    stationed: _("stationed cadre"), village_lead: _("village lead"), town_desk: _("town desk"),
    county_desk: _("county desk"),
  }[duty] || "";
}

/** What somebody did; a verb of a newer service is shown as it is. */
export function verbName(verb) {
  return {
    order: _("Ordered"), dispatch: _("Dispatched"), accept: _("Accepted"), decline: _("Declined"),
    transfer: _("Transferred"), progress: _("Progress"), complete: _("Completed"), rate: _("Rated"),
    reopen: _("Reopened"), withdraw: _("Withdrawn"), remind: _("Reminded"),
  }[verb] || verb;
}

/** What the resident said of the result. */
export function ratingName(rating) {
  return {
    satisfied: _("Content"), basically_satisfied: _("Rather content"), unsatisfied: _("Not content"),
  }[rating] || "";
}

function span(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  return days
    ? _("%(count)s days", { count: days })
    : _("%(count)s hours", { count: Math.max(1, Math.floor(milliseconds / HOUR)) });
}

/** The deadline as people say it: overdue for how long, due in how long, done in time. */
export function dueText({ status, due_at: due, completed_at: completed }, now = Date.now()) {
  const left = Date.parse(due) - (completed ? Date.parse(completed) : now);
  if (status !== "open") {
    if (!completed) return "";
    return left >= 0 ? _("settled in time") : _("settled %(span)s late", { span: span(-left) });
  }
  return left >= 0 ? _("due in %(span)s", { span: span(left) }) : _("overdue for %(span)s", { span: span(-left) });
}

/** Names of the places from below the county down, as one would say them. */
export function placeText(areas) {
  const below = (areas || []).filter((area) => area.type !== "county");
  return (below.length ? below : areas || []).map((area) => area.name).join(" ");
}

/** Who holds it and by which duty. */
export function handlerText({ name, duty }) {
  return dutyName(duty) ? `${name} · ${dutyName(duty)}` : name;
}
