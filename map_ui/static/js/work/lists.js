/* Lists of cases: mine, those of my places, and what has ended lately. */

import { read } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { isReminded } from "../shared/wording.js";
import { _ } from "../shared/words.js";
import { dueText, isOverdue, placeText, stageName } from "./words.js";

const LATELY_MS = 30 * 24 * 3_600_000;
const MOST = 200;

const byDue = (a, b) => (a.due_at < b.due_at ? -1 : Number(a.due_at > b.due_at));
const byEnd = (a, b) => (a.updated_at > b.updated_at ? -1 : Number(a.updated_at < b.updated_at));
// Times of one service are written alike, but not always in one zone.
const inUtc = (item) => ({
  ...item,
  due_at: new Date(item.due_at).toISOString(),
  updated_at: new Date(item.updated_at).toISOString(),
});

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

/** The cases of a list in its order; `isCut` when there are more than a phone should load. */
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

/** What a case will be once `verb` has arrived. */
function after(item, verb, me) {
  if (verb === "accept") return { ...item, stage: "accepted", handler: { ...item.handler, person_id: me.person_id } };
  if (verb === "complete") return { ...item, stage: "completed" };
  if (verb === "rate") return { ...item, stage: "rated" };
  if (verb === "decline" || verb === "transfer") return { ...item, stage: "dispatched", isHandedOn: true };
  return item;
}

/** What it will be once the unsent acts have arrived. */
export function foreseen(item, acts, me) {
  return acts.filter((act) => !act.refusal).reduce((seen, { verb }) => after(seen, verb, me), item);
}

/** The due time as a mark; overdue says so in words. */
export function dueMark(item) {
  return el("span", { class: isOverdue(item) ? "due due--late" : "due", text: dueText(item) });
}

export function stageMark(item) {
  return el("span", { class: "stage-mark", "data-stage": item.stage, text: stageName(item.stage) });
}

function card(item, acts, me) {
  const seen = foreseen(item, acts, me);
  return el(
    "li",
    {},
    el(
      "a",
      { class: isOverdue(item) ? "case case--late" : "case", href: `#case/${item.id}`, "data-number": item.number },
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
        el("span", { class: "case__place", text: placeText(item) }),
        isReminded(item) ? el("span", { class: "reminded-mark", text: _("Reminder") }) : null,
        stageMark(seen),
      ),
      acts.length
        ? el("span", {
            class: "case__unsent",
            text: acts.some((act) => act.refusal) ? _("Refused") : _("Not yet sent"),
          })
        : null,
    ),
  );
}

/** Shows a list that was loaded. */
export function showList(name, { items, isCut }, outbox, me) {
  byId("cases").replaceChildren(...items.map((item) => card(item, outbox.of(item.id), me)));
  byId("cases-empty").hidden = items.length > 0;
  byId("cases-empty").textContent = LISTS[name].empty();
  byId("cases-cut").hidden = !isCut;
}
