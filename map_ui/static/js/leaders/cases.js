/* The list of cases of the present place, period and category, beside the map. */

import { isGivenUp, messageOf, read, withQuery } from "../shared/api.js";
import { isolated } from "../shared/directions.js";
import { allWithin, byId, el, focused, within } from "../shared/dom.js";
import { handlerText } from "../shared/duties.js";
import { count } from "../shared/format.js";
import { isReminded } from "../shared/history.js";
import { placeText } from "../shared/places.js";
import { stageName } from "../shared/stages.js";
import { _ } from "../shared/words.js";
import { dueText } from "./deadlines.js";
import { print } from "./print.js";
import { current, update } from "./state.js";

const PAGE = 30;
const MOST = 1000;
// A pause in typing, after which the words are searched for.
const PAUSE_MS = 350;

/** @typedef {Schema<"Page_RequestOut_">} Page */
/** @typedef {Schema<"TotalsOut">} Totals */

/** @type {Record<string, { query: Query, total: "overdue" | "open" | "ordered", order: () => string }>} */
const LISTS = {
  overdue: { query: { overdue: "true", sort: "due" }, total: "overdue", order: () => _("Longest overdue first") },
  open: { query: { status: "open", sort: "due" }, total: "open", order: () => _("Overdue first, then by deadline") },
  all: { query: {}, total: "ordered", order: () => _("Newest first") },
};

const box = byId("cases");
const rows = byId("cases-rows");
let asked = new AbortController();
/** @type {Promise<void>} */
let work = Promise.resolve();
let isAdding = false;
/** @type {string | null} */
let place = null;
/** @type {string | null} */
let next = null;
/** @type {import("./dialogs.js").OnTrouble} */
let report;
/** @type {HTMLElement | null} */
let opener = null;
let shown = "";

/** The query of what the list shows, for the list itself and for its file. */
function queryOf() {
  const { from, to, service, list } = current();
  // What is searched for may name a person: it stays out of the page's address.
  return {
    ...LISTS[list].query,
    area: place,
    from,
    to,
    service_code: service,
    q: byId("cases-search").value.trim(),
  };
}

/** @param {Schema<"RequestOut">} request */
function row(request) {
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "row",
        "data-id": request.id,
        "data-late": request.is_overdue,
        "aria-haspopup": "dialog",
        onclick: () => update({ case: request.id }),
      },
      el(
        "span",
        { class: "row__head" },
        el("span", { class: "row__service", text: request.service_name }),
        el("span", { class: "row__number", text: request.number }),
      ),
      el("span", { class: "row__place", text: placeText(request.areas) }),
      el(
        "span",
        { class: "row__foot" },
        el("span", { class: "row__stage", "data-stage": request.stage, text: stageName(request.stage) }),
        isReminded(request) ? el("span", { class: "row__reminded", text: _("Reminder") }) : null,
        el("span", { class: "row__due", text: dueText(request) }),
        el("span", { class: "row__handler", text: handlerText(request.handler) }),
      ),
    ),
  );
}

/**
 * With `isMore`, somebody waits for more of the same: news do not undo that.
 * @param {Query} query
 * @param {{ isMore: boolean }} way
 */
function ask(query, { isMore }) {
  asked = new AbortController();
  isAdding = isMore;
  return read("/api/requests", query, asked.signal).finally(() => {
    isAdding = false;
  });
}

/**
 * One job after the other, so that each begins with the rows which the former has left.
 * @param {() => Promise<void>} job
 * @returns {Promise<void>}
 */
function inTurn(job) {
  const again = () => inTurn(job);
  work = work.then(job).catch((error) => report(error, again));
  return work;
}

const queryText = () => JSON.stringify(queryOf());

/** @param {Page} page */
function settle(page) {
  next = page.next || null;
  byId("cases-more").hidden = !next;
  byId("cases-note").textContent = rows.childElementCount ? "" : _("No cases here");
  rows.removeAttribute("aria-busy");
}

/** As many as are shown already when nothing changed, else a page. */
function limit() {
  const query = queryText();
  const isSame = query === shown;
  shown = query;
  return isSame ? Math.min(MOST, Math.max(PAGE, rows.childElementCount)) : PAGE;
}

/** Fetches the list; what has the focus keeps it. */
function bring(most = 0) {
  byId("cases-file").href = withQuery("/api/requests.xlsx", queryOf());
  rows.setAttribute("aria-busy", "true");
  // Nobody waits any more for what was asked for before.
  if (!isAdding || queryText() !== shown) asked.abort();
  return inTurn(async () => {
    const page = await ask({ ...queryOf(), limit: most || limit() }, { isMore: Boolean(most) });
    const held = focused()?.dataset.id;
    rows.replaceChildren(...page.items.map(row));
    if (held) allWithin(rows, `[data-id="${held}"]`)[0]?.focus();
    settle(page);
  });
}

function bringMore() {
  return inTurn(async () => {
    if (!next) return;
    const first = rows.childElementCount;
    const page = await ask({ ...queryOf(), limit: PAGE, cursor: next }, { isMore: true });
    rows.append(...page.items.map(row));
    settle(page);
    allWithin(rows, "button")[first]?.focus();
  });
}

function open() {
  if (box.open) return;
  opener = focused();
  // On a phone it covers the page, so the page behind it must not be reached.
  if (window.matchMedia("(max-width: 820px)").matches) box.showModal();
  else box.show();
  byId("cases-close").focus();
}

function close() {
  if (!box.open) return;
  box.close();
  if (opener?.isConnected) opener.focus();
}

/**
 * Shows the list which the state names, or none; without a change it is fetched anew.
 * @param {{ at: string | null, name: string, totals: Totals }} what
 */
export async function showCases({ at, name, totals }) {
  const { list } = current();
  if (!LISTS[list]) {
    close();
    return;
  }
  place = at;
  byId("cases-place").textContent = isolated(name);
  byId("cases-order").textContent = LISTS[list].order();
  for (const button of allWithin(box, "[data-list]")) {
    const name = button.dataset.list || "";
    button.setAttribute("aria-pressed", String(name === list));
    within(button, ".cases__count").textContent = count(totals[LISTS[name].total]);
  }
  open();
  await bring();
}

/**
 * Makes the list work; `onTrouble(error, again)` tells what went wrong.
 * @param {Pick<import("./dialogs.js").Ways, "onTrouble">} ways
 */
export function startCases({ onTrouble }) {
  report = (error, again) => {
    if (isGivenUp(error)) return;
    rows.removeAttribute("aria-busy");
    byId("cases-note").textContent = messageOf(error);
    onTrouble(error, again);
  };
  allWithin(box, "[data-list]").forEach((button) => {
    button.addEventListener("click", () => update({ list: button.dataset.list }));
  });
  byId("cases-close").addEventListener("click", () => update({ list: "" }));
  byId("cases-more").addEventListener("click", bringMore);
  byId("cases-print").addEventListener("click", async () => {
    // Paper has no "show more".
    if (next) await bring(MOST);
    print();
  });
  box.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.value !== "";
    if (event.key !== "Escape" || isTyping) return;
    event.preventDefault();
    update({ list: "" });
  });
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    update({ list: "" });
  });
  let pause = 0;
  byId("cases-search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = window.setTimeout(() => bring(), PAUSE_MS);
  });
}
