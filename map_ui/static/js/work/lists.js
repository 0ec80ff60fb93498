/* Lists of cases: mine, those of my places, and what has ended lately. */

import { read } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { isReminded } from "../shared/history.js";
import { addressText } from "../shared/places.js";
import { stageName } from "../shared/stages.js";
import { _ } from "../shared/words.js";
import { dueText, isOverdue } from "./deadlines.js";
import { foreseen } from "./foresight.js";

/** @typedef {import("./foresight.js").Case} Case */
/** @typedef {import("./store.js").KeptAct} KeptAct */

const LATELY_MS = 30 * 24 * 3_600_000;
const MOST = 200;

/** @type {(a: Case, b: Case) => number} */
const byDue = (a, b) => (a.due_at < b.due_at ? -1 : Number(a.due_at > b.due_at));
/** @type {(a: Case, b: Case) => number} */
const byEnd = (a, b) => (a.updated_at > b.updated_at ? -1 : Number(a.updated_at < b.updated_at));
// Times of one service are written alike, but not always in one zone.
/** @type {(item: Case) => Case} */
const inUtc = (item) => ({
  ...item,
  due_at: new Date(item.due_at).toISOString(),
  updated_at: new Date(item.updated_at).toISOString(),
});

/**
 * @typedef {object} List
 * @property {(me: Visitor) => Query} query
 * @property {(item: Case, me: Visitor) => boolean} keeps
 * @property {(a: Case, b: Case) => number} order
 * @property {() => string} empty
 */

/** @type {Record<string, List>} */
const LISTS = {
  mine: {
    query: (me) => ({ status: "open", handler: me.person_id }),
    keeps: () => true,
    order: byDue,
    empty: () => _("Nothing waits for you"),
  },
  area: {
    query: () => ({ status: "open" }),
    keeps: (item, me) => item.handler.person_id !== me.person_id,
    order: byDue,
    empty: () => _("Nothing else is open in your places"),
  },
  closed: {
    query: () => ({ status: "closed", updated_after: new Date(Date.now() - LATELY_MS).toISOString() }),
    keeps: () => true,
    order: byEnd,
    empty: () => _("Nothing has ended in the last 30 days"),
  },
};

export const LIST_NAMES = Object.keys(LISTS);

/** @typedef {{ items: Case[], isCut: boolean }} Loaded */

/**
 * The cases of a list in its order; `isCut` when there are more than a phone should load.
 * @param {string} name
 * @param {Visitor} me
 * @returns {Promise<Loaded>}
 */
export async function loadList(name, me) {
  const list = LISTS[name];
  if (name === "mine" && !me.person_id) return { items: [], isCut: false };
  const { items, next } = await read("/api/requests", { ...list.query(me), limit: MOST });
  return {
    items: items
      .map(inUtc)
      .filter((item) => list.keeps(item, me))
      .sort(list.order),
    isCut: Boolean(next),
  };
}

/** The due time as a mark; overdue says so in words. @param {Case} item */
export function dueMark(item) {
  return el("span", { class: isOverdue(item) ? "due due--late" : "due", text: dueText(item) });
}

/** The stage as a mark. @param {Case} item */
export function stageMark(item) {
  return el("span", { class: "stage-mark", "data-stage": item.stage, text: stageName(item.stage, "worker") });
}

/** What of a case is not at the service yet, as a mark; null when all is. @param {KeptAct[]} acts */
export function unsentMark(acts) {
  if (!acts.length) return null;
  return el("span", {
    class: "case__unsent",
    text: acts.some((act) => act.refusal) ? _("Refused") : _("Not yet sent"),
  });
}

/**
 * @param {Case} item
 * @param {KeptAct[]} acts
 * @param {Visitor} me
 */
function card(item, acts, me) {
  const seen = foreseen(item, acts, me);
  return el(
    "li",
    {},
    el(
      "a",
      {
        class: isOverdue(item) ? "case case--late" : "case",
        href: `#case/${item.id}`,
        "data-number": item.number,
      },
      el(
        "span",
        { class: "case__head" },
        el("strong", { class: "case__service", text: item.service_name }),
        dueMark(item),
      ),
      el("span", { class: "case__words", text: item.description || "" }),
      el(
        "span",
        { class: "case__foot" },
        el("span", { class: "case__place", text: addressText(item) }),
        isReminded(item) ? el("span", { class: "reminded-mark", text: _("Reminder") }) : null,
        stageMark(seen),
      ),
      unsentMark(acts),
    ),
  );
}

/**
 * Shows a list that was loaded.
 * @param {string} name
 * @param {Loaded} list
 * @param {import("./outbox.js").Outbox} outbox
 * @param {Visitor} me
 */
export function showList(name, { items, isCut }, outbox, me) {
  byId("case-list").replaceChildren(...items.map((item) => card(item, outbox.of(item.id), me)));
  byId("cases-empty").hidden = items.length > 0;
  byId("cases-empty").textContent = LISTS[name].empty();
  byId("cases-cut").hidden = !isCut;
}
