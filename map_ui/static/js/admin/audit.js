/* The audit: who did or read what. */

import { isolated, joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { moment } from "../shared/format.js";
import { plusDays } from "../shared/periods.js";
import { roleName } from "../shared/visitor.js";
import { _, timezone } from "../shared/words.js";
import { ACTIONS, callerName, detailText, KINDS } from "./audit-words.js";
import { valuesOf } from "./forms.js";
import { Listing } from "./listing.js";

/** @type {import("./listing.js").Listing<Schema<"AuditOut">>} */
let listing;
/** @type {() => void} */
let find;
// The one thing whose rows alone are shown, if any: {id, name}.
/** @type {{ id: string, name: string } | null} */
let subject = null;

/** What is asked for; the last day is included. */
function wanted() {
  const { to, ...values } = valuesOf(byId("audit-filter"));
  return { ...values, to: to && plusDays(to, 1), subject_id: subject?.id };
}

/** @param {{ id: string, name: string } | null} to */
function narrow(to) {
  subject = to;
  byId("audit-one").hidden = !to;
  byId("audit-one-text").textContent = to ? _("Only: %(what)s", { what: to.name }) : "";
  find();
}

/** @param {Schema<"AuditOut">} entry */
function whoOf({ account, ...entry }) {
  if (!account) return callerName(entry);
  return el("div", {}, account.username, el("small", { text: joined([account.name, roleName(account.role)]) }));
}

/** @param {Schema<"AuditOut">} entry */
function subjectOf({ subject_kind: kind, subject_id: id, subject_name: name }) {
  const text = KINDS[kind] || kind;
  if (!id) return text;
  const short = isolated(name || id.slice(-8));
  return el("button", {
    type: "button",
    class: "linkish",
    text: `${text} ${short}`,
    title: id,
    "aria-label": _("Only: %(what)s", { what: `${text} ${short}` }),
    onclick: () => narrow({ id, name: `${text} ${short}` }),
  });
}

/** @param {Schema<"AuditOut">} entry */
function rowOf(entry) {
  return [
    el("time", { datetime: entry.at, title: entry.at, text: moment(entry.at, timezone) }),
    whoOf(entry),
    ACTIONS[entry.action] || entry.action,
    subjectOf(entry),
    detailText(entry),
  ];
}

function begin() {
  const options = (/** @type {Record<string, string>} */ names) =>
    Object.entries(names).map(([value, text]) => el("option", { value, text }));
  byId("audit-action").append(...options(ACTIONS));
  byId("audit-kind").append(...options(KINDS));
  listing = new Listing(byId("audit-list"), { path: "/api/audit", rowOf });
  find = listing.follow(byId("audit-filter"), wanted);
  byId("audit-all").addEventListener("click", () => narrow(null));
}

/** Shows the rows which the filter asks for. */
export async function show() {
  if (!listing) begin();
  await listing.load(wanted());
}
