/* Accounts: who may sign in, as what, and where. */

import { Listing } from "./admin-table.js";
import { valuesOf } from "./admin-form.js";
import { report } from "./admin-status.js";
import { byId, el } from "./dom.js";
import { listed, moment } from "./format.js";
import { roleName } from "./visitor.js";
import { _, timezone } from "./words.js";

const ROLES = ["admin", "county_leader", "town_leader", "village_cadre", "handler", "auditor"];

let listing = null;

function stateOf(account) {
  if (account.ended_at) return _("Ended %(time)s", { time: moment(account.ended_at, timezone) });
  if (account.locked_until && Date.parse(account.locked_until) > Date.now()) {
    return _("Locked until %(time)s", { time: moment(account.locked_until, timezone) });
  }
  return account.must_change_password ? _("First password not changed yet") : _("In use");
}

function rowOf(account) {
  return [
    account.username, account.name, roleName(account.role),
    listed(account.areas.map(({ name }) => name)), stateOf(account),
  ];
}

function begin() {
  byId("accounts-role").append(...ROLES.map((value) => el("option", { value, text: roleName(value) })));
  listing = new Listing(byId("accounts-list"), { path: "/api/accounts", rowOf });
  const filter = byId("accounts-filter");
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    const find = () => listing.load(valuesOf(filter)).catch((error) => report(error, find));
    find();
  });
}

/** Shows the accounts which the filter asks for. */
export async function show() {
  if (!listing) begin();
  await listing.load(valuesOf(byId("accounts-filter")));
}
