/* One account: adding it, changing it, and what is done with its sign-in. */

import { read, send } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { ROLES } from "../shared/visitor.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { ask, attempt, openDialog, present, tend } from "./forms.js";
import { showOnce } from "./secret.js";
import { say } from "./status.js";

// Whose role holds in areas; the service refuses areas for the others.
/** @type {string[]} */
const AREA_ROLES = ["county_leader", "town_leader", "village_cadre"];

/** @type {import("./area-choice.js").AreaChoice} */
let areas;
/** @type {Schema<"AccountOut"> | null} */
let account = null;
/** @type {Visitor} */
let visitor;
/** @type {() => Promise<void>} */
let onSaved;

/** The account that the dialog shows, when it is no new one. */
const shown = () => present(account);

const path = () => /** @type {const} */ (`/api/accounts/${shown().id}`);

function showRole() {
  const role = byId("account-role").value;
  byId("account-areas").hidden = !AREA_ROLES.includes(role);
  byId("account-duties").hidden = role !== "handler";
}

/**
 * Opens the dialog for `found`, or for a new account.
 * @param {Schema<"AccountOut"> | null} found
 */
async function open(found) {
  account = found;
  openDialog(byId("account"));
  byId("account-title").textContent = found ? found.username : _("Add an account");
  byId("account-username").hidden = Boolean(found);
  byId("account-name-label").textContent = found ? _("New name; empty: it stays") : _("Name");
  byId("account-now").hidden = !found;
  byId("account-now-name").textContent = found ? found.name : "";
  byId("account-role").value = found ? found.role : "town_leader";
  const isOwn = found?.username === visitor.username;
  // Nobody shuts the door on oneself; the service would not do it either.
  byId("account-deeds").hidden = !found || Boolean(found.ended_at) || isOwn;
  byId("account-open").hidden = !found?.is_locked;
  byId("account-lock").hidden = !found || found.is_locked;
  showRole();
  await attempt(byId("account-form"), () => areas.start(found ? found.areas : []));
}

/** Opens the dialog for a new account. */
export function openNewAccount() {
  return open(null);
}

/**
 * Opens the dialog for an account of the list.
 * @param {Schema<"AccountOut">} found
 */
export function openAccount(found) {
  return open(found);
}

/** @param {Schema<"AccountWithPassword">} account */
async function passwordOf({ username, first_password: value }) {
  byId("account").close();
  await showOnce({
    title: username,
    text: _("The first password is shown this once. Hand it over in person; it must be replaced at the first sign-in."),
    items: [
      { label: _("User name"), value: username },
      { label: _("First password"), value: value || "" },
    ],
  });
}

/** @param {Record<string, string>} values */
async function save({ username, name, role }) {
  const codes = AREA_ROLES.includes(role) ? areas.codes : [];
  if (!account) {
    await passwordOf(await send("/api/accounts", { username, name, role, area_codes: codes }));
    say(_("Added: %(name)s", { name: username }));
  } else {
    const body = { role, area_codes: codes, ...(name ? { name } : {}) };
    await send(path(), body, { method: "PATCH", seen: shown() });
    byId("account").close();
    say(_("Saved: %(name)s", { name: shown().username }));
  }
  await onSaved();
}

/**
 * Changes the account outside its form, and says what is done with it then.
 * @param {object} body
 * @param {string} done
 */
async function change(body, done) {
  await send(path(), body, { method: "PATCH", seen: shown() });
  byId("account").close();
  say(done);
  await onSaved();
}

async function reset() {
  const isSure = await ask({
    title: _("Reset the password of %(name)s?", { name: shown().username }),
    text: _("The present password and all sessions end at once."),
    yes: _("Reset the password"),
  });
  if (!isSure) return;
  await passwordOf(await send(path(), { reset_password: true }, { method: "PATCH", seen: shown() }));
  say(_("Password reset: %(name)s", { name: shown().username }));
  await onSaved();
}

async function end() {
  const isSure = await ask({
    title: _("End the account %(name)s?", { name: shown().username }),
    text: [
      _("It ends for good, with all its sessions. What it did stays on record."),
      _("Who signs in with it ends, too, with all duties, and open cases go on to others."),
      _("Whoever stays is given another account first, or none."),
    ].join(" "),
    yes: _("End the account"),
  });
  if (isSure) await change({ is_ended: true }, _("Account ended: %(name)s", { name: shown().username }));
}

async function lock() {
  const isSure = await ask({
    title: _("Lock the account %(name)s?", { name: shown().username }),
    text: _("All its sessions end at once; nobody signs in with it until the lock is opened."),
    yes: _("Lock the account"),
  });
  if (isSure) await change({ is_locked: true }, _("Account locked: %(name)s", { name: shown().username }));
}

function openLock() {
  return change({ is_locked: false }, _("Lock opened: %(name)s", { name: shown().username }));
}

/**
 * Makes the dialog work; `done()` is called after every change.
 * @param {Visitor} me
 * @param {() => Promise<void>} done
 */
export function startAccount(me, done) {
  visitor = me;
  onSaved = done;
  areas = new AreaChoice(byId("account-areas"), { isMany: true });
  byId("account-role").append(...Object.entries(ROLES).map(([value, text]) => el("option", { value, text })));
  byId("account-role").addEventListener("change", showRole);
  tend(byId("account-form"), save);
  const onDeed = (/** @type {keyof PageElements} */ id, /** @type {() => Promise<void>} */ work) =>
    byId(id).addEventListener("click", () => attempt(byId("account-form"), work));
  onDeed("account-reveal", async () => {
    byId("account-now-name").textContent = (await read(path())).name;
  });
  onDeed("account-open", openLock);
  onDeed("account-reset", reset);
  onDeed("account-lock", lock);
  onDeed("account-end", end);
}
