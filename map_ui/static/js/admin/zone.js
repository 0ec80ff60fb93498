/* One zone: its name, who answers for it, its households and where they move. */

import { read, send } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId, controlOf, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { openAssign } from "./assignment.js";
import { day, dutyText, holdersText, termText } from "./duty-words.js";
import { ask, attempt, openDialog, present, tend } from "./forms.js";
import { keeps, ownAreas } from "./rights.js";
import { report, say } from "./status.js";

const MOST = 1000;

/** @type {Schema<"ZoneOut"> | null} */
let zone = null;
/** @type {Visitor} */
let visitor;
/** @type {() => Promise<void>} */
let onSaved;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;
/** @type {Schema<"Page_HouseholdOut_">} */
let members;

/** The zone that the dialog shows, when it is no new one. */
const shown = () => present(zone);

const path = () => /** @type {const} */ (`/api/zones/${shown().id}`);
const form = () => byId("zone-form");

/**
 * Households as boxes to tick, in the group `id`.
 * @param {"zone-members" | "zone-unlisted"} id
 * @param {Schema<"HouseholdOut">[]} households
 * @param {string} nothing
 */
function fillTicks(id, households, nothing) {
  const isKept = keeps(visitor);
  byId(id).replaceChildren(
    ...households.map(({ id: value, address, head_name: head, code }) =>
      el(
        "li",
        {},
        el(
          isKept ? "label" : "p",
          { class: "tick" },
          isKept ? el("input", { type: "checkbox", name: "household_ids", value }) : null,
          el("span", {}, joined([address, head]), el("small", { text: code })),
        ),
      ),
    ),
  );
  if (!households.length) byId(id).append(el("li", { class: "state--off", text: nothing }));
}

const boxes = () => allWithin(byId("zone-members"), "input", HTMLInputElement);

const ticked = (/** @type {HTMLFormElement} */ where) => new FormData(where).getAll("household_ids");

async function showMore() {
  const [listed, others] = await Promise.all([
    read(`${path()}/households`),
    read("/api/zones", { area: shown().area?.code, limit: MOST }),
  ]);
  members = listed;
  byId("zone-duties").replaceChildren(
    ...shown().duties.map((duty) =>
      el(
        "li",
        {},
        el("span", { text: joined([duty.person_name, dutyText({ kind: duty.kind })]) }),
        el("small", { text: termText(duty) }),
      ),
    ),
  );
  if (!shown().duties.length) byId("zone-duties").append(el("li", { class: "state--warn", text: _("Nobody") }));
  byId("zone-count").textContent = _("Households (%(count)s)", { count: members.items.length });
  fillTicks("zone-members", members.items, _("No household stands in this list"));
  byId("zone-move-row").hidden = !members.items.length || !keeps(visitor);
  byId("zone-target").replaceChildren(
    el("option", { value: "", text: _("Please choose") }),
    ...others.items
      .filter(({ id, area }) => id !== shown().id && area?.code === shown().area?.code)
      .map((other) => el("option", { value: other.id, text: joined([other.name, holdersText(other.duties)]) })),
    el("option", { value: "none", text: _("out of every zone") }),
  );
}

async function showUnlisted() {
  const { items, next } = await read("/api/coverage/households", { area: shown().area?.code, limit: 200 });
  fillTicks("zone-unlisted", items, _("Every household of this place stands in a list"));
  byId("zone-unlisted-note").textContent = next ? _("Only the first %(count)s are shown", { count: items.length }) : "";
}

/** Reads the zone anew after a change, and the list behind. */
async function changed() {
  zone = await read(path());
  byId("zone-title").textContent = shown().name;
  byId("zone-add-more").open = false;
  await showMore();
  await onSaved();
}

/** @param {Schema<"ZoneOut"> | null} found */
async function open(found) {
  zone = found;
  openDialog(byId("zone"));
  const isKept = keeps(visitor);
  byId("zone-title").textContent = found ? found.name : _("Add a zone");
  byId("zone-place").textContent = found ? joined([found.area?.name, found.code]) : "";
  byId("zone-area").hidden = byId("zone-from-field").hidden = Boolean(found);
  byId("zone-more").hidden = !found;
  controlOf(form(), "name").disabled = !isKept;
  ["zone-save", "zone-assign", "zone-add-more", "zone-deeds"].forEach((id) => {
    byId(id).hidden = !isKept;
  });
  byId("zone-add-more").open = false;
  if (!found) {
    byId("zone-from").value = day();
    await attempt(form(), () => areas.start(ownAreas(visitor).slice(0, 1)));
    return;
  }
  controlOf(form(), "name").value = found.name;
  await attempt(form(), showMore);
}

/** Opens the dialog for a new zone. */
export function openNewZone() {
  return open(null);
}

/**
 * Opens the dialog for a zone; the reading is recorded.
 * @param {string} id
 * @returns {Promise<void>}
 */
export async function openZone(id) {
  try {
    await open(await read(`/api/zones/${id}`));
  } catch (error) {
    report(error, () => openZone(id));
  }
}

/** @param {Record<string, string>} values */
async function save({ name, valid_from: from }) {
  if (zone) {
    await send(path(), { name }, { method: "PATCH", seen: zone });
    say(_("Saved: %(name)s", { name }));
    byId("zone").close();
    await onSaved();
    return;
  }
  const added = await send("/api/zones", { name, area_code: areas.shown?.code || "", valid_from: from });
  say(_("Added: %(name)s", { name }));
  await onSaved();
  // Its households and who answers for it come next.
  await openAgain(added.id);
}

/** @param {string} id */
async function openAgain(id) {
  byId("zone").close();
  await openZone(id);
}

/** @param {Record<string, string>} values */
async function move({ target }) {
  const chosen = ticked(byId("zone-move"));
  if (!chosen.length) throw new Error(_("Tick the households first"));
  if (!target) throw new Error(_("Choose where they go"));
  if (target === "none") {
    const all = boxes().map(({ value }) => value);
    await send(
      `${path()}/households`,
      { household_ids: all.filter((id) => !chosen.includes(id)) },
      { method: "PUT", seen: members },
    );
  } else {
    await send(`/api/zones/${target}/households`, { household_ids: chosen });
  }
  say(_("Households moved: %(count)s", { count: chosen.length }));
  await changed();
}

async function addMembers() {
  const chosen = ticked(byId("zone-add-form"));
  if (!chosen.length) throw new Error(_("Tick the households first"));
  await send(`${path()}/households`, { household_ids: chosen });
  await changed();
}

async function end() {
  const isSure = await ask({
    title: _("End the zone %(name)s?", { name: shown().name }),
    text: _(
      "Households in its list: %(count)s; who answers: %(names)s. Both end with it, and the households stand in no list then. What was stays on record.",
      {
        count: shown().household_count,
        names: holdersText(shown().duties),
      },
    ),
    yes: _("End the zone"),
  });
  if (!isSure) return;
  await send(path(), { ends_on: day() }, { method: "PATCH", seen: zone });
  byId("zone").close();
  say(_("Ended: %(name)s", { name: shown().name }));
  await onSaved();
}

/**
 * Makes the dialog work; `done()` is called after every change.
 * @param {Visitor} me
 * @param {() => Promise<void>} done
 */
export function startZone(me, done) {
  visitor = me;
  onSaved = done;
  areas = new AreaChoice(byId("zone-area"), { deepest: "group", own: ownAreas(me) });
  tend(form(), save);
  tend(byId("zone-move"), move);
  tend(byId("zone-add-form"), addMembers);
  byId("zone-all").addEventListener("change", () => {
    for (const box of boxes()) box.checked = byId("zone-all").checked;
  });
  byId("zone-add-more").addEventListener("toggle", () => {
    if (byId("zone-add-more").open) attempt(byId("zone-add-form"), showUnlisted);
  });
  byId("zone-assign").addEventListener("click", () =>
    attempt(form(), () =>
      openAssign(
        { kind: "zone", id: shown().id, code: shown().code, name: shown().name },
        { kind: shown().kind === "grid" ? "grid" : "household_care", area: shown().area?.code, done: changed },
      ),
    ),
  );
  byId("zone-end").addEventListener("click", () => attempt(form(), end));
}
