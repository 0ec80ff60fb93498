/* What the views of people, duties and zones have in common: who keeps, which duties, where. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { listed, NOTHING } from "../shared/format.js";
import { today } from "../shared/periods.js";
import { dutyName } from "../shared/wording.js";
import { _, timezone } from "../shared/words.js";
import { linesOf } from "./status.js";

const KEEPERS = ["admin", "town_leader", "village_cadre"];

/** Whether a visitor may change anything here; leaders of the county read only. */
export const keeps = ({ role }) => KEEPERS.includes(role);

/** The areas that bound a visitor's choice; the administrator's is the whole county. */
export const ownAreas = ({ role, areas }) => (role === "admin" ? [] : areas);

/** Today on the county's calendar. */
export const day = () => today(timezone);

let kinds = null;

/** Kinds of duty in the order of the chain, with their places and what one may give. */
export function dutyKinds() {
  kinds = kinds || read("/api/duty-kinds").then(({ items }) => items);
  kinds.catch(() => {
    kinds = null;
  });
  return kinds;
}

/** A duty and where it holds, in words. */
export function dutyText({ kind, place }) {
  return joined([dutyName(kind), place?.name]);
}

/** Several duties in words. */
export const dutiesText = (duties) => listed(duties.map(dutyText));

/** From when until when; the last day is not included by the service, but is here. */
export function termText({ valid_from: from, valid_to: to }) {
  if (!to) return _("from %(day)s", { day: from });
  const last = new Date(`${to}T00:00:00Z`);
  last.setUTCDate(last.getUTCDate() - 1);
  const until = last.toISOString().slice(0, 10);
  return until < from ? from : _("%(first)s to %(last)s", { first: from, last: until });
}

/** Who answers for a zone, in words. */
export function holdersText(duties) {
  return duties.length ? listed(duties.map(({ person_name: name }) => name)) : NOTHING;
}

/** What nobody would answer for any more, in words, when `going` ends: a person's or one duty. */
export async function gapsText(going) {
  const { items } = await read("/api/coverage", going);
  const gaps = listed(items.map(({ duty, place }) => dutyText({ kind: duty, place })));
  return items.length
    ? _("Nobody would answer any more: %(gaps)s.", { gaps })
    : _("No place is left without an answerer.");
}

/** A button in a row or a line. */
export function deed(text, onclick, { isBad = false, label = null } = {}) {
  return el("button", {
    type: "button",
    class: isBad ? "linkish linkish--bad" : "linkish",
    text,
    "aria-label": label,
    onclick,
  });
}

/** Does `work` at a line of the list `id`; what is refused is said under the list. */
export async function tryLine(id, work) {
  const list = byId(id);
  if (list.nextElementSibling?.matches(".refusal")) list.nextElementSibling.remove();
  try {
    await work();
  } catch (error) {
    list.after(el("p", { class: "refusal", role: "alert", text: joined(linesOf(error)) }));
  }
}
