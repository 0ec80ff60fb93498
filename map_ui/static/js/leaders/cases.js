/* The list of cases of the present place, period and category, beside the map. */

import { read, withQuery } from "../shared/api.js";
import { isolated } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { dueText, handlerText, isReminded, placeText, stageName } from "../shared/wording.js";
import { _ } from "../shared/words.js";
import { print } from "./print.js";
import { current, update } from "./state.js";

const PAGE = 30;
const MOST = 1000;
// A pause in typing, after which the words are searched for.
const PAUSE_MS = 350;

const LISTS = {
  overdue: { query: { overdue: "true", sort: "due" }, total: "overdue", order: () => _("Longest overdue first") },
  open: { query: { status: "open", sort: "due" }, total: "open", order: () => _("Overdue first, then by deadline") },
  all: { query: {}, total: "ordered", order: () => _("Newest first") },
};

const box = byId("cases");
const rows = byId("cases-rows");
let asked = new AbortController();
let work = Promise.resolve();
let isAdding = false;
let place = "";
let next = null;
let report = null;
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

/** With `isMore`, somebody waits for more of the same: news do not undo that. */
function ask(query, { isMore }) {
  asked = new AbortController();
  isAdding = isMore;
  return read("/api/requests", query, asked.signal).finally(() => {
    isAdding = false;
  });
}

/** One job after the other, so that each begins with the rows which the former has left. */
function inTurn(job) {
  const again = () => inTurn(job);
  work = work.then(job).catch((error) => report(error, again));
  return work;
}

const queryText = () => JSON.stringify(queryOf());

function settle(page) {
  next = page.next;
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
function bring(most = null) {
  byId("cases-file").href = withQuery("/api/requests.xlsx", queryOf());
  rows.setAttribute("aria-busy", "true");
  // Nobody waits any more for what was asked for before.
  if (!isAdding || queryText() !== shown) asked.abort();
  return inTurn(async () => {
    const page = await ask({ ...queryOf(), limit: most || limit() }, { isMore: Boolean(most) });
    const focused = document.activeElement?.dataset.id;
    rows.replaceChildren(...page.items.map(row));
    const again = focused && rows.querySelector(`[data-id="${focused}"]`);
    if (again) again.focus();
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
    if (rows.children[first]) rows.children[first].firstElementChild.focus();
  });
}

function open() {
  if (box.open) return;
  opener = document.activeElement;
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

/** Shows the list which the state names, or none; without a change it is fetched anew. */
export async function showCases({ at, name, totals }) {
  const { list } = current();
  if (!LISTS[list]) {
    close();
    return;
  }
  place = at;
  byId("cases-place").textContent = isolated(name);
  byId("cases-order").textContent = LISTS[list].order();
  box.querySelectorAll("[data-list]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.list === list));
    button.querySelector(".cases__count").textContent = count(totals[LISTS[button.dataset.list].total]);
  });
  open();
  await bring();
}

/** Makes the list work; `onTrouble(error, again)` tells what went wrong. */
export function startCases({ onTrouble }) {
  report = (error, again) => {
    if (error.name === "AbortError") return;
    rows.removeAttribute("aria-busy");
    byId("cases-note").textContent = error.message;
    onTrouble(error, again);
  };
  box.querySelectorAll("[data-list]").forEach((button) => {
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
    if (event.key !== "Escape" || (event.target.value || "").length) return;
    event.preventDefault();
    update({ list: "" });
  });
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    update({ list: "" });
  });
  let pause = null;
  byId("cases-search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => bring(), PAUSE_MS);
  });
}
