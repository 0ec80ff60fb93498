/* One case: what is wanted, where, what has happened, and what may be done. */

import { messageOf, read } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { doerName, saidWith } from "../shared/history.js";
import { addressText } from "../shared/places.js";
import { ratingText } from "../shared/ratings.js";
import { deedName } from "../shared/verbs.js";
import { _ } from "../shared/words.js";
import { whenText } from "./deadlines.js";
import { deeds } from "./deeds.js";
import { foreseen } from "./foresight.js";
import { dueMark, stageMark, unsentMark } from "./lists.js";
import { photos } from "./photos.js";

/** @typedef {import("./foresight.js").Case} Case */
/** @typedef {{ item: Case, events: Schema<"EventOut">[] | null }} Known a case, with its history if that is known */

/**
 * @param {Case} item
 * @param {Visitor} me
 */
function contactBox(item, me) {
  const isHandler = Boolean(me.person_id) && item.handler.person_id === me.person_id;
  if (!isHandler && me.role !== "village_cadre") return null;
  const shown = el("p", { class: "contact__shown", role: "status" });
  const button = el("button", {
    type: "button",
    class: "secondary",
    text: _("Show the contact"),
    onclick: async () => {
      try {
        const { contact } = await read(`/api/requests/${item.id}`, { reveal: "contact" });
        if (!contact) {
          shown.textContent = _("No contact was left");
          return;
        }
        if (contact.erased_at) {
          shown.textContent = _("The contact was erased");
          return;
        }
        const phone = contact.phone ? el("a", { href: `tel:${contact.phone}`, text: contact.phone }) : null;
        shown.replaceChildren(
          el("span", { text: contact.name || _("Name not given") }),
          ...(phone ? [" ", phone] : []),
        );
      } catch (error) {
        shown.textContent = messageOf(error);
      }
    },
  });
  return el(
    "section",
    { class: "sheet contact" },
    el("h3", { text: _("Contact") }),
    shown,
    button,
    el("p", { class: "hint-line", text: _("Who looked at it, and when, is recorded.") }),
  );
}

/** @param {Schema<"EventOut">} event */
function eventLine(event) {
  return el(
    "li",
    { class: "event" },
    el(
      "p",
      { class: "event__head" },
      el("strong", { text: deedName(event.verb) }),
      el("span", { text: doerName(event) }),
      el("time", { datetime: event.at, text: whenText(event.at) }),
    ),
    ...saidWith(event).map((text) => el("p", { class: "event__note", text })),
  );
}

/** @param {Case} item */
function facts(item) {
  const pairs = [
    [_("Where it is"), addressText(item)],
    [_("Number"), item.number],
    [_("Number in another system"), item.external_id],
    [_("Ordered at"), whenText(item.ordered_at)],
    [_("Handled by"), item.handler.name],
    [_("Rating"), ratingText(item)],
  ];
  return el(
    "dl",
    { class: "facts" },
    pairs.filter(([, text]) => text).flatMap(([name, text]) => [el("dt", { text: name }), el("dd", { text })]),
  );
}

/** @type {(box: HTMLElement | null) => HTMLElement[]} */
const boxed = (box) => (box ? [box] : []);

/**
 * Reads a case with its history.
 * @param {string} id
 * @returns {Promise<Known>}
 */
export async function loadCase(id) {
  const [item, { items: events }] = await Promise.all([
    read(`/api/requests/${encodeURIComponent(id)}`),
    read(`/api/requests/${encodeURIComponent(id)}/history`),
  ]);
  return { item, events };
}

/**
 * Shows a case.
 * @param {Known} known
 * @param {import("./deeds.js").Context} context
 */
export function showCase({ item, events }, context) {
  const acts = context.outbox.of(item.id);
  const seen = foreseen(item, acts, context.me);
  byId("one").replaceChildren(
    el(
      "section",
      { class: "sheet" },
      el(
        "div",
        { class: "case__head" },
        el("h2", { id: "one-title", tabindex: "-1", text: item.service_name }),
        dueMark(item),
      ),
      el("p", { class: "one__words", text: item.description || "" }),
      el("p", { class: "one__stage" }, stageMark(seen), unsentMark(acts)),
      facts(item),
      photos(item),
    ),
    // What was refused must be looked at before more is done on top of it.
    ...(acts.some((act) => act.refusal) ? [] : boxed(deeds(item, seen, context))),
    ...boxed(contactBox(item, context.me)),
    el(
      "section",
      { class: "sheet" },
      el("h3", { text: _("What has happened") }),
      events
        ? el("ol", { class: "events" }, [...events].reverse().map(eventLine))
        : el("p", { class: "empty", text: _("The history shows when the network is back") }),
    ),
  );
}
