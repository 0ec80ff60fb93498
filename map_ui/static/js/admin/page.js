/*
 * The page of those who keep people, zones and accounts: which view is open, for whom.
 *
 * A view NAME is the section #NAME-view in admin_NAME.html, with a heading #NAME-title
 * that can be focused, and the module NAME.js beside this one, whose `show(visitor)` fills the
 * section each time the view is opened: `visitor` is the reply of /api/me. To add one:
 * a row in VIEWS here; its link and its include in admin.html. What goes wrong in
 * `show` is thrown, and said here. accounts.js is a good one to follow.
 */

import { goToLogin } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId } from "../shared/dom.js";
import { startTheme } from "../shared/theme.js";
import { readVisitor, startVisitor } from "../shared/visitor.js";
import { report, settle } from "./status.js";

// Who keeps people and zones, and the county's leaders, who look only.
const PLACES = ["admin", "county_leader", "town_leader", "village_cadre"];

// Who is offered a view; the service decides again what they may do in it. The first
// that a visitor may use is the one that opens by itself.
/** @type {Record<string, { roles: string[], load: () => Promise<{ show: (visitor: Visitor) => Promise<void> }> }>} */
const VIEWS = {
  accounts: { roles: ["admin"], load: () => import("./accounts.js") },
  keys: { roles: ["admin"], load: () => import("./keys.js") },
  servers: { roles: ["admin"], load: () => import("./servers.js") },
  people: { roles: PLACES, load: () => import("./people.js") },
  duties: { roles: PLACES, load: () => import("./duties.js") },
  zones: { roles: PLACES, load: () => import("./zones.js") },
  audit: { roles: ["auditor"], load: () => import("./audit.js") },
};

// Whose map, or list of cases, is a page of their own.
/** @type {Record<string, string>} */
const HOMES = {
  county_leader: "/",
  town_leader: "/",
  village_cadre: "/",
  admin: "/",
  handler: "/work",
};

/** @type {Visitor} */
let visitor;
let turn = 0;

const offered = () => Object.keys(VIEWS).filter((name) => VIEWS[name].roles.includes(visitor.role));

/** The view which the address names, or the visitor's first. */
function named() {
  const name = window.location.hash.slice(1);
  return offered().includes(name) ? name : offered()[0];
}

/** @param {string} name */
function mark(name) {
  Object.keys(VIEWS).forEach((other) => {
    byId(`${other}-view`).hidden = other !== name;
  });
  allWithin(byId("views"), "a", HTMLAnchorElement).forEach((link) => {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  document.title = joined([byId(`${name}-title`).textContent, byId("product").textContent]);
}

async function open() {
  turn += 1;
  const mine = turn;
  const name = named();
  settle();
  mark(name);
  byId("loading").hidden = false;
  try {
    await (await VIEWS[name].load()).show(visitor);
  } catch (error) {
    if (mine === turn) report(error, open);
  } finally {
    if (mine === turn) byId("loading").hidden = true;
  }
}

function refuse() {
  byId("elsewhere-way").href = HOMES[visitor.role] || "/";
  byId("elsewhere").hidden = false;
  byId("loading").hidden = true;
}

async function start() {
  try {
    visitor = await readVisitor();
    if (visitor.must_change_password) {
      goToLogin();
      return;
    }
  } catch (error) {
    byId("loading").hidden = true;
    report(error, start);
    return;
  }
  startVisitor(visitor);
  byId("home").hidden = HOMES[visitor.role] !== "/";
  if (!offered().length) {
    refuse();
    return;
  }
  byId("views").hidden = false;
  allWithin(byId("views"), "a", HTMLAnchorElement).forEach((link) => {
    link.hidden = !offered().includes(link.hash.slice(1));
  });
  window.addEventListener("hashchange", async () => {
    // The way past the head is a hash, too, but no view.
    if (window.location.hash === "#main") return;
    await open();
    byId(`${named()}-title`).focus();
  });
  await open();
}

startTheme();
start();
