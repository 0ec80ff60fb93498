/* Duties in words: which, where, from when until when, and what nobody would answer for. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { dutyName } from "../shared/duties.js";
import { listed, NOTHING } from "../shared/format.js";
import { plusDays, today } from "../shared/periods.js";
import { _, timezone } from "../shared/words.js";

/** @typedef {{ kind: string, place?: { name: string } | null }} Held a duty and where it holds */

/** Today on the county's calendar. */
export const day = () => today(timezone);

/** @type {Promise<Schema<"DutyKindOut">[]> | null} */
let kinds = null;

/** Kinds of duty in the order of the chain, with their places and what one may give. */
export function dutyKinds() {
  const asked = kinds || read("/api/duty-kinds").then(({ items }) => items);
  kinds = asked;
  asked.catch(() => {
    kinds = null;
  });
  return asked;
}

/** A duty and where it holds, in words. @param {Held} duty */
export function dutyText({ kind, place }) {
  return joined([dutyName(kind), place?.name]);
}

/** Several duties in words. @param {Held[]} duties */
export const dutiesText = (duties) => listed(duties.map(dutyText));

/**
 * From when until when; the last day is not included by the service, but is here.
 * @param {{ valid_from: string, valid_to?: string | null }} term
 */
export function termText({ valid_from: from, valid_to: to }) {
  if (!to) return _("from %(day)s", { day: from });
  const until = plusDays(to, -1);
  return until < from ? from : _("%(first)s to %(last)s", { first: from, last: until });
}

/** Who answers for a zone, in words. @param {{ person_name: string }[]} duties */
export function holdersText(duties) {
  return duties.length ? listed(duties.map(({ person_name: name }) => name)) : NOTHING;
}

/** What nobody would answer for any more, in words, when `going` ends: a person's or one duty. @param {Query} going */
export async function gapsText(going) {
  const { items } = await read("/api/coverage", going);
  const gaps = listed(items.map(({ duty, place }) => dutyText({ kind: duty, place })));
  return items.length
    ? _("Nobody would answer any more: %(gaps)s.", { gaps })
    : _("No place is left without an answerer.");
}
