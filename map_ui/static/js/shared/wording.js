/* Codes of cases in words: stages, duties, verbs, deadlines. */

import { joined } from "./directions.js";
import { _, ngettext } from "./words.js";

const HOUR = 3600000;
const DAY = 24 * HOUR;

/** How far a case is. */
export function stageName(stage) {
  return (
    {
      ordered: _("Awaiting acceptance"),
      dispatched: _("Awaiting acceptance"),
      accepted: _("Accepted"),
      completed: _("Awaiting rating"),
      rated: _("Rated"),
      withdrawn: _("Withdrawn"),
      rejected: _("Rejected"),
      merged: _("Merged"),
    }[stage] || stage
  );
}

/** Why somebody answers for a place. */
export function dutyName(duty) {
  return (
    {
      household_care: _("household care"),
      grid: _("grid worker"),
      village_desk: _("village desk"),
      stationed: _("stationed cadre"),
      village_lead: _("village lead"),
      town_desk: _("town desk"),
      county_desk: _("county desk"),
    }[duty] || ""
  );
}

/** What somebody did; a verb of a newer service is shown as it is. */
export function verbName(verb) {
  return (
    {
      order: _("Ordered"),
      dispatch: _("Dispatched"),
      accept: _("Accepted"),
      decline: _("Declined"),
      transfer: _("Transferred"),
      progress: _("Progress"),
      complete: _("Completed"),
      rate: _("Rated"),
      reopen: _("Reopened"),
      withdraw: _("Withdrawn"),
      remind: _("Reminded"),
      attach: _("Photo"),
      hand_on: _("Handed on"),
    }[verb] || verb
  );
}

/** Who did it, as far as the service tells: a person's name, or what kind of caller. */
export function doerName({ verb, by: { kind, name } }) {
  if (name) return name;
  // By night nobody does it.
  if (verb === "dispatch" || verb === "hand_on") return _("System");
  return (
    { resident: _("Resident"), anonymous: _("Resident"), portal: _("Another portal"), server: _("Another system") }[
      kind
    ] || _("System")
  );
}

/** True while a leader's instruction waits for whoever holds the case. */
export const isReminded = ({ status, reminded_at: at }) => status === "open" && Boolean(at);

/** Why a case may be given back: codes and their words. */
export const reasons = () => [
  ["not_my_area", _("Not in my area")],
  ["not_my_duty", _("Not my duty")],
  ["beyond_my_power", _("Beyond my power")],
  ["conflict_of_interest", _("Conflict of interest")],
  ["other", _("Another reason")],
];

/** What a resident may say of the result: codes and their words. */
export const ratings = () => [
  ["satisfied", _("Content")],
  ["basically_satisfied", _("Rather content")],
  ["unsatisfied", _("Not content")],
];

const nameIn = (pairs, code) => (pairs.find(([known]) => known === code) || [code, code])[1];

// Why nobody held it any more, and it was handed on.
const departures = () => [
  ["person_ended", _("Who held it has left")],
  ["duty_ended", _("The duty by which it was held has ended")],
];

/** Why it was given back or handed on in words; the words of whoever reopened or withdrew it as they are. */
export const reasonName = (code) => nameIn([...reasons(), ...departures()], code);

/** What the resident said of the result. */
export const ratingName = (rating) => (rating ? nameIn(ratings(), rating) : "");

/** How who spoke for the resident was known, where it was not by the link of the order. */
export const knownByName = (by) =>
  ({
    found: _("by number and phone digits"),
    callback: _("by call-back"),
  })[by] || "";

/** The rating, and how who gave it was known. */
export function ratingText({ rating, rated_by: by }) {
  return joined([ratingName(rating), knownByName(by)]);
}

/** Everything that was said with an event, in the order in which it is read. */
export function saidWith({ note, detail: { reason, score, by } }) {
  return [reason && reasonName(reason), ratingName(score), note, knownByName(by)].filter(Boolean);
}

function span(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  return days
    ? ngettext("%(count)s day", "%(count)s days", days)
    : ngettext("%(count)s hour", "%(count)s hours", Math.max(1, Math.floor(milliseconds / HOUR)));
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
  return joined(
    (below.length ? below : areas || []).map((area) => area.name),
    " ",
  );
}

/** Who holds it and by which duty. */
export function handlerText({ name, duty }) {
  return joined([name, dutyName(duty)]);
}
