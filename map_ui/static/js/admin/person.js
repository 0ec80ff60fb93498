/* One person: added, changed, given duties and leave, ended. */

import { read, send } from "../shared/api.js";
import { byId, controlOf, controlsOf, el, within } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { DutyFields } from "./duty-fields.js";
import { day, dutiesText, dutyKinds, dutyText, gapsText, termText } from "./duty-words.js";
import { ask, attempt, openDialog, present, tend } from "./forms.js";
import { deed, tryLine } from "./line-deeds.js";
import { PersonChoice } from "./person-choice.js";
import { keeps } from "./rights.js";
import { report, say } from "./status.js";

/** @type {Schema<"PersonOut"> | null} */
let person = null;
/** @type {Visitor} */
let visitor;
/** @type {() => Promise<void>} */
let onSaved;
/** @type {import("./duty-fields.js").DutyFields} */
let firstDuty;
/** @type {import("./duty-fields.js").DutyFields} */
let nextDuty;
/** @type {import("./person-choice.js").PersonChoice} */
let substitute;

const isMemberBox = () => within(form(), '[name="is_party_member"]', HTMLInputElement);

/** The person that the dialog shows, when it is no new one. */
const shown = () => present(person);

const path = () => /** @type {const} */ (`/api/people/${shown().id}`);
const form = () => byId("person-form");

/** @type {(term: { valid_to?: string | null }) => boolean} */
const isOver = ({ valid_to: to }) => Boolean(to && to <= day());

/**
 * @param {Schema<"DutyOut">} duty
 * @param {Schema<"DutyKindOut">[]} kinds
 */
function dutyLine(duty, kinds) {
  const may = kinds.some(({ kind, may_give: mayGive }) => mayGive && kind === duty.kind);
  return el(
    "li",
    { class: isOver(duty) ? "state--off" : null },
    el("span", { text: dutyText(duty) }),
    el("small", { text: termText(duty) }),
    isOver(duty) || !may
      ? null
      : deed(_("End"), () => tryLine("person-duties", () => endDuty(duty)), {
          isBad: true,
          label: _("End: %(what)s", { what: dutyText(duty) }),
        }),
  );
}

/** @param {Schema<"LeaveOut">} leave */
function leaveLine(leave) {
  const days = _("%(first)s to %(last)s", { first: leave.first_day, last: leave.last_day });
  const cancel = () =>
    tryLine("person-leaves", async () => {
      await send(`/api/leave/${leave.id}`, {}, { method: "DELETE" });
      await changed();
    });
  return el(
    "li",
    {},
    el("span", { text: days }),
    el("small", {
      text: leave.substitute_name
        ? _("%(name)s stands in", { name: leave.substitute_name })
        : _("the next of the chain is asked"),
    }),
    keeps(visitor)
      ? deed(_("Cancel the leave"), cancel, { isBad: true, label: _("Cancel the leave of %(days)s", { days }) })
      : null,
  );
}

/**
 * @param {"person-duties" | "person-leaves"} list
 * @param {HTMLElement[]} lines
 * @param {string} nothing
 */
function fill(list, lines, nothing) {
  byId(list).replaceChildren(...(lines.length ? lines : [el("li", { class: "state--off", text: nothing })]));
}

async function showMore() {
  const [{ items: duties }, leaves, kinds] = await Promise.all([
    read("/api/duties", { person_id: shown().id, history: "true", limit: 1000 }),
    read("/api/leave", { person_id: shown().id }),
    dutyKinds(),
  ]);
  // What holds, or will, before what is past; of that the latest first.
  const inOrder = [...duties.filter((duty) => !isOver(duty)), ...duties.filter(isOver).reverse()];
  fill(
    "person-duties",
    inOrder.map((duty) => dutyLine(duty, kinds)),
    _("No duty"),
  );
  fill("person-leaves", leaves.items.filter(({ is_cancelled: is }) => !is).map(leaveLine), _("No leave is entered"));
}

/** Reads the person anew after a change, and the list behind. */
async function changed() {
  person = await read(path());
  await showMore();
  await onSaved();
}

/**
 * Opens the dialog for `found`, or for a new person.
 * @param {Schema<"PersonOut"> | null} found
 */
async function open(found) {
  person = found;
  openDialog(byId("person"));
  const isKept = keeps(visitor);
  byId("person-title").textContent = found ? found.name : _("Add a person");
  byId("person-code-field").hidden = byId("person-first").hidden = Boolean(found);
  byId("person-more").hidden = !found;
  byId("person-account-field").hidden = visitor.role !== "admin";
  for (const control of controlsOf(form())) control.disabled = !isKept;
  byId("person-save").hidden = byId("person-give").hidden = byId("person-leave").hidden = !isKept;
  byId("person-phone-label").textContent = found ? _("New telephone; empty: it stays") : _("Telephone");
  byId("person-phone-now").textContent = found?.phone ? _("On record: %(phone)s", { phone: found.phone }) : "";
  // Administrators are not told whether there is one.
  byId("person-phone-gone").hidden = !isKept || !(visitor.role === "admin" ? found : found?.phone);
  byId("person-give").open = byId("person-leave").open = false;
  if (!found) {
    byId("person-first-note").textContent =
      visitor.role === "admin"
        ? _("May be left out; the person answers for nothing until then.")
        : _("You see people who answer for something in your areas: say what this person does.");
    await attempt(form(), () => firstDuty.start());
    return;
  }
  controlOf(form(), "name").value = found.name;
  isMemberBox().checked = found.is_party_member;
  controlOf(form(), "username").value = found.username || "";
  byId("person-end").hidden = !isKept || found.is_ended;
  byId("person-back").hidden = !isKept || !found.is_ended;
  await attempt(form(), showMore);
}

/** Opens the dialog for a new person. */
export function openNewPerson() {
  return open(null);
}

/**
 * Opens the dialog for a person; the reading is recorded.
 * @param {string} id
 * @returns {Promise<void>}
 */
export async function openPerson(id) {
  try {
    await open(await read(`/api/people/${id}`));
  } catch (error) {
    report(error, () => openPerson(id));
  }
}

/** @param {Record<string, string>} values */
async function save({ name, code, phone, username }) {
  const isMember = isMemberBox().checked;
  const isAdmin = visitor.role === "admin";
  if (person) {
    const isGone = within(form(), '[name="phone_gone"]', HTMLInputElement).checked;
    await send(
      path(),
      {
        name,
        is_party_member: isMember,
        ...(phone || isGone ? { phone } : {}),
        ...(isAdmin && username !== (person.username || "") ? { username } : {}),
      },
      { method: "PATCH", seen: shown() },
    );
    say(_("Saved: %(name)s", { name }));
  } else {
    const duty = firstDuty.terms;
    if (!duty && !isAdmin) throw new Error(_("Say what this person answers for"));
    await send("/api/people", {
      name,
      is_party_member: isMember,
      phone,
      ...(code ? { code } : {}),
      ...(username && isAdmin ? { username } : {}),
      ...(duty ? { duty } : {}),
    });
    say(_("Added: %(name)s", { name }));
  }
  byId("person").close();
  await onSaved();
}

/** How many open cases go on to others, as far as the visitor may see them. */
async function openText() {
  const { items, next } = await read("/api/requests", { handler: shown().id, status: "open", limit: 1000 });
  if (!items.length) return "";
  const count = next ? `${items.length}+` : items.length;
  return _("Open cases (%(count)s) go on to whoever answers then.", { count });
}

/** @param {Schema<"DutyOut">} duty */
async function endDuty(duty) {
  const isSure = await ask({
    title: _("End the duty %(what)s?", { what: dutyText(duty) }),
    text: await gapsText({ without_duty: duty.id }),
    yes: _("End the duty"),
  });
  if (!isSure) return;
  await send(`/api/duties/${duty.id}`, {}, { method: "DELETE" });
  await changed();
}

async function end() {
  const isSure = await ask({
    title: _("End %(name)s?", { name: shown().name }),
    text: [
      shown().duties.length ? _("These duties end, too: %(duties)s.", { duties: dutiesText(shown().duties) }) : "",
      await gapsText({ without: shown().id }),
      await openText(),
      _("What was done stays on record."),
    ]
      .filter(Boolean)
      .join(" "),
    yes: _("End the person"),
  });
  if (!isSure) return;
  await send(path(), { is_ended: true }, { method: "PATCH", seen: shown() });
  byId("person").close();
  say(_("Ended: %(name)s", { name: shown().name }));
  await onSaved();
}

async function bringBack() {
  await send(path(), { is_ended: false }, { method: "PATCH", seen: shown() });
  byId("person").close();
  say(_("Back again, without duties: %(name)s", { name: shown().name }));
  await onSaved();
}

async function give() {
  const terms = nextDuty.terms;
  if (!terms) throw new Error(_("Choose a duty"));
  await send("/api/duties", { person_id: shown().id, ...terms });
  byId("person-give").open = false;
  await changed();
}

/** @param {Record<string, string>} values */
async function enterLeave({ first_day: first, last_day: last, substitute_id: by }) {
  await send("/api/leave", { person_id: shown().id, first_day: first, last_day: last, substitute_id: by || null });
  byId("person-leave").open = false;
  await changed();
}

/**
 * Makes the dialog work; `done()` is called after every change.
 * @param {Visitor} me
 * @param {() => Promise<void>} done
 */
export function startPerson(me, done) {
  visitor = me;
  onSaved = done;
  firstDuty = new DutyFields(byId("person-first"), me);
  nextDuty = new DutyFields(byId("person-duty"), me);
  substitute = new PersonChoice(byId("person-substitute"));
  tend(form(), save);
  tend(byId("person-duty-form"), give);
  tend(byId("person-leave-form"), enterLeave);
  byId("person-give").addEventListener("toggle", () => {
    if (byId("person-give").open) attempt(byId("person-duty-form"), () => nextDuty.start());
  });
  byId("person-leave").addEventListener("toggle", () => {
    if (!byId("person-leave").open) return;
    controlOf(byId("person-leave-form"), "first_day").value = day();
    attempt(byId("person-leave-form"), () => substitute.start({ without: shown().id }));
  });
  byId("person-end").addEventListener("click", () => attempt(form(), end));
  byId("person-back").addEventListener("click", () => attempt(form(), bringBack));
}
