/* The handler's page: which view is open, and what keeps it fresh. */

import { goToLogin, messageOf, needsLogin, send } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId } from "../shared/dom.js";
import { tellElsewhere } from "../shared/sessions.js";
import { startTheme } from "../shared/theme.js";
import { deedName } from "../shared/verbs.js";
import { readVisitor } from "../shared/visitor.js";
import { _ } from "../shared/words.js";
import { loadCase, showCase } from "./case.js";
import { startLeave } from "./leave.js";
import { LIST_NAMES, loadList, showList } from "./lists.js";
import { startOrder } from "./order.js";
import { Outbox } from "./outbox.js";
import { findKept, forgetAllOf, keep, listAllOf } from "./store.js";
import { showWaiting, startWaiting } from "./unsent.js";

/** @typedef {import("./case.js").Known} Known */
/** @typedef {import("./foresight.js").Case} Case */

/** @type {{ lists: Map<string, import("./lists.js").Loaded>, one: Known | null }} */
const loaded = { lists: new Map(), one: null };
/** @type {import("./deeds.js").Context & { openOrder: () => Promise<void>, openLeave: () => Promise<void> }} */
let context;
let turn = 0;
let lastList = "mine";

/** Which view the address names, and of which case. */
function where() {
  const [view, id] = window.location.hash.slice(1).split("/");
  if (view === "case" && id) return { view, id };
  return { view: [...LIST_NAMES, "order", "leave"].includes(view) ? view : "mine", id: "" };
}

/**
 * @param {string} id
 * @returns {Known | null}
 */
function knownCase(id) {
  if (loaded.one && loaded.one.item.id === id) return loaded.one;
  const item = [...loaded.lists.values()].flatMap(({ items }) => items).find((one) => one.id === id);
  return item ? { item, events: null } : null;
}

function draw() {
  const { view, id } = where();
  const list = loaded.lists.get(view);
  if (list) showList(view, list, context.outbox, context.me);
  const one = view === "case" ? knownCase(id) : null;
  // Nobody's sentence is taken away while they write it.
  if (one && !byId("one").querySelector("form")) showCase(one, context);
  showWaiting(context.outbox);
}

/** Shows the view at once from what is known, then reads it anew. */
async function load() {
  const { view, id } = where();
  turn += 1;
  const mine = turn;
  byId("main").setAttribute("aria-busy", "true");
  try {
    if (view === "order") await context.openOrder();
    if (view === "leave") await context.openLeave();
    const one = view === "case" ? await loadCase(id) : null;
    const list = LIST_NAMES.includes(view) ? await loadList(view, context.me) : null;
    // An older answer that comes later takes nothing back.
    if (mine !== turn) return;
    if (one) loaded.one = one;
    if (list) loaded.lists.set(view, list);
    byId("trouble").hidden = true;
    draw();
  } catch (error) {
    if (mine !== turn) return;
    if (needsLogin(error)) goToLogin();
    byId("trouble-text").textContent = messageOf(error);
    byId("trouble").hidden = false;
  } finally {
    if (mine === turn) {
      byId("main").removeAttribute("aria-busy");
      byId("loading").hidden = true;
    }
  }
}

function open() {
  const { view, id } = where();
  const isList = LIST_NAMES.includes(view);
  if (isList) lastList = view;
  byId("cases-view").hidden = !isList;
  byId("case-list").replaceChildren();
  byId("cases-empty").hidden = true;
  byId("one").replaceChildren();
  ["case", "order", "leave"].forEach((name) => {
    byId(`${name}-view`).hidden = view !== name;
  });
  allWithin(byId("views"), "a", HTMLAnchorElement).forEach((link) => {
    const isHere = link.hash === `#${view}`;
    if (isHere) byId("view-title").textContent = link.textContent;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  byId("back").hidden = view !== "case";
  byId("back").href = `#${lastList}`;
  byId("said").hidden = true;
  byId("loading").hidden = loaded.lists.has(view) || Boolean(id && knownCase(id));
  if (view === "case") byId("view-title").textContent = _("Case");
  byId("trouble").hidden = true;
  window.scrollTo(0, 0);
  draw();
  load();
}

/** Knows a case as the service has just described it, so that none falls back meanwhile. @param {Case} item */
function learn(item) {
  const renew = (/** @type {Case} */ known) => (known.id === item.id ? { ...known, ...item } : known);
  if (loaded.one) loaded.one = { ...loaded.one, item: renew(loaded.one.item) };
  loaded.lists.forEach((list, name) => {
    loaded.lists.set(name, { ...list, items: list.items.map(renew) });
  });
}

/**
 * @param {import("./store.js").KeptAct} act
 * @param {unknown} reply a case, the receipt of an order, or a photo
 */
function sent(act, reply) {
  const { stage, number } = /** @type {Partial<Case>} */ (reply);
  if (stage) learn(/** @type {Case} */ (reply));
  byId("said").textContent =
    act.verb === "order"
      ? _("Ordered; the number is %(number)s", { number })
      : _("Sent: %(what)s", { what: joined([deedName(act.verb), act.title]) });
  byId("said").hidden = false;
  draw();
  load();
}

async function signOut() {
  const { acts, drafts } = await listAllOf(context.me.username);
  if (
    acts.length + drafts.length > 0 &&
    !window.confirm(_("What is not sent, and drafts, are deleted from this phone. Sign out?"))
  )
    return;
  try {
    await send("/api/logout");
  } catch (error) {
    // Nothing is deleted for somebody who is still signed in.
    byId("trouble-text").textContent = messageOf(error);
    byId("trouble").hidden = false;
    return;
  }
  await forgetAllOf(context.me.username);
  window.location.assign("/login");
}

/**
 * Who works here; without a network, whoever worked here last and did not sign out.
 * @returns {Promise<Visitor | null>}
 */
async function whoAmI() {
  try {
    const me = await readVisitor();
    await keep("self", { name: "me", me }).catch(() => {});
    return me;
  } catch (error) {
    if (needsLogin(error)) {
      goToLogin();
      return null;
    }
    const kept = await findKept("self", "me").catch(() => undefined);
    if (!kept?.me) throw error;
    return kept.me;
  }
}

async function start() {
  startTheme();
  if ("serviceWorker" in window.navigator) {
    window.navigator.serviceWorker.register("/work-sw.js", { scope: "/work" }).catch(() => {});
  }
  const me = await whoAmI();
  if (!me) return;
  byId("visitor-name").textContent = me.name || me.username;
  tellElsewhere().catch(() => {});
  const outbox = new Outbox(me.username, {
    onchange: draw,
    onsent: sent,
    onstranger: () => window.location.reload(),
  });
  context = { me, outbox, redraw: draw, openOrder: startOrder(outbox, me), openLeave: startLeave(me) };
  startWaiting(outbox);
  byId("logout").addEventListener("click", signOut);
  byId("refresh").addEventListener("click", load);
  byId("trouble-again").addEventListener("click", load);
  window.addEventListener("hashchange", open);
  window.addEventListener("offline", draw);
  const wake = () => {
    if (document.visibilityState !== "visible") return;
    outbox.flush();
    load();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  await outbox.load().catch(() => {});
  open();
  outbox.flush();
}

start().catch((error) => {
  byId("trouble-text").textContent = messageOf(error);
  byId("trouble").hidden = false;
});
byId("trouble-again").addEventListener("click", () => {
  if (!context) window.location.reload();
});
