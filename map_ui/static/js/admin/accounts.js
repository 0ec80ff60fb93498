/* Accounts: who may sign in, as what, and where. */

import { byId, el } from "../shared/dom.js";
import { listed, moment } from "../shared/format.js";
import { ROLES, roleName } from "../shared/visitor.js";
import { _, timezone } from "../shared/words.js";
import { openAccount, openNewAccount, startAccount } from "./account.js";
import { AreaChoice } from "./area-choice.js";
import { valuesOf } from "./forms.js";
import { Listing, opener } from "./listing.js";

/** @type {import("./listing.js").Listing<Schema<"AccountOut">>} */
let listing;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;

/** What the filter asks for. */
function wanted() {
  return { ...valuesOf(byId("accounts-filter")), area: areas.codes[0] };
}

/** @param {Schema<"AccountOut">} account */
function stateOf(account) {
  const { ended_at: ended } = account;
  if (ended) return el("span", { class: "state--off", text: _("Ended %(time)s", { time: moment(ended, timezone) }) });
  if (account.is_locked) return el("span", { class: "state--warn", text: _("Locked") });
  return account.must_change_password ? _("First password not changed yet") : _("In use");
}

/** @param {Schema<"AccountOut">} account */
function rowOf(account) {
  return [
    account.ended_at ? account.username : opener(account.username, () => openAccount(account)),
    account.name,
    roleName(account.role),
    listed(account.areas.map(({ name }) => name)),
    stateOf(account),
  ];
}

/** @param {Visitor} visitor */
async function begin(visitor) {
  byId("accounts-role").append(...Object.entries(ROLES).map(([value, text]) => el("option", { value, text })));
  listing = new Listing(byId("accounts-list"), { path: "/api/accounts", rowOf });
  startAccount(visitor, () => listing.load());
  byId("account-add").addEventListener("click", openNewAccount);
  areas = new AreaChoice(byId("accounts-area"), { nothing: _("All") });
  listing.follow(byId("accounts-filter"), wanted);
  await areas.start();
}

/**
 * Shows the accounts which the filter asks for.
 * @param {Visitor} visitor
 */
export async function show(visitor) {
  if (!listing) await begin(visitor);
  await listing.load(wanted());
}
