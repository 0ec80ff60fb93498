/* One zone: its name, who answers for it, its households and where they move. */

import { read, send } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { openAssign } from "./assignment.js";
import { ask, attempt, openDialog, tend } from "./forms.js";
import { day, dutyText, holdersText, keeps, ownAreas, termText } from "./keeping.js";
import { report, say } from "./status.js";

const MOST = 1000;

let zone = null;
let visitor = null;
let onSaved = null;
let areas = null;
let members = null;

const path = () => `/api/zones/${zone.id}`;
const form = () => byId("zone-form");

/** Households as boxes to tick, in the group `id`. */
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

const ticked = (where) => new FormData(where).getAll("household_ids");

async function showMore() {
  const [listed, others] = await Promise.all([
    read(`${path()}/households`),
    read("/api/zones", { area: zone.area?.code, limit: MOST }),
  ]);
  members = listed;
  byId("zone-duties").replaceChildren(
    ...zone.duties.map((duty) =>
      el(
        "li",
        {},
        el("span", { text: joined([duty.person_name, dutyText({ kind: duty.kind })]) }),
        el("small", { text: termText(duty) }),
      ),
    ),
  );
  if (!zone.duties.length) byId("zone-duties").append(el("li", { class: "state--warn", text: _("Nobody") }));
  byId("zone-count").textContent = _("Households (%(count)s)", { count: members.items.length });
  fillTicks("zone-members", members.items, _("No household stands in this list"));
  byId("zone-move-row").hidden = !members.items.length || !keeps(visitor);
  byId("zone-target").replaceChildren(
    el("option", { value: "", text: _("Please choose") }),
    ...others.items
      .filter(({ id, area }) => id !== zone.id && area?.code === zone.area?.code)
      .map((other) => el("option", { value: other.id, text: joined([other.name, holdersText(other.duties)]) })),
    el("option", { value: "none", text: _("out of every zone") }),
  );
}

async function showUnlisted() {
  const { items, next } = await read("/api/coverage/households", { area: zone.area?.code, limit: 200 });
  fillTicks("zone-unlisted", items, _("Every household of this place stands in a list"));
  byId("zone-unlisted-note").textContent = next ? _("Only the first %(count)s are shown", { count: items.length }) : "";
}

/** Reads the zone anew after a change, and the list behind. */
async function changed() {
  zone = await read(path());
  byId("zone-title").textContent = zone.name;
  byId("zone-add-more").open = false;
  await showMore();
  await onSaved();
}

async function open(found) {
  zone = found;
  openDialog(byId("zone"));
  const isKept = keeps(visitor);
  byId("zone-title").textContent = found ? found.name : _("Add a zone");
  byId("zone-place").textContent = found ? joined([found.area?.name, found.code]) : "";
  byId("zone-area").hidden = byId("zone-from-field").hidden = Boolean(found);
  byId("zone-more").hidden = !found;
  form().elements.name.disabled = !isKept;
  ["zone-save", "zone-assign", "zone-add-more", "zone-deeds"].forEach((id) => {
    byId(id).hidden = !isKept;
  });
  byId("zone-add-more").open = false;
  if (!found) {
    byId("zone-from").value = day();
    await attempt(form(), () => areas.start(ownAreas(visitor).slice(0, 1)));
    return;
  }
  form().elements.name.value = found.name;
  await attempt(form(), showMore);
}

/** Opens the dialog for a new zone. */
export function openNewZone() {
  return open(null);
}

/** Opens the dialog for a zone; the reading is recorded. */
export async function openZone(id) {
  try {
    await open(await read(`/api/zones/${id}`));
  } catch (error) {
    report(error, () => openZone(id));
  }
}

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

async function openAgain(id) {
  byId("zone").close();
  await openZone(id);
}

async function move({ target }) {
  const chosen = ticked(byId("zone-move"));
  if (!chosen.length) throw new Error(_("Tick the households first"));
  if (!target) throw new Error(_("Choose where they go"));
  if (target === "none") {
    const all = [...byId("zone-members").querySelectorAll("input")].map(({ value }) => value);
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
    title: _("End the zone %(name)s?", { name: zone.name }),
    text: _(
      "Households in its list: %(count)s; who answers: %(names)s. Both end with it, and the households stand in no list then. What was stays on record.",
      {
        count: zone.household_count,
        names: holdersText(zone.duties),
      },
    ),
    yes: _("End the zone"),
  });
  if (!isSure) return;
  await send(path(), { ends_on: day() }, { method: "PATCH", seen: zone });
  byId("zone").close();
  say(_("Ended: %(name)s", { name: zone.name }));
  await onSaved();
}

/** Makes the dialog work; `done()` is called after every change. */
export function startZone(me, done) {
  visitor = me;
  onSaved = done;
  areas = new AreaChoice(byId("zone-area"), { deepest: "group", own: ownAreas(me) });
  tend(form(), save);
  tend(byId("zone-move"), move);
  tend(byId("zone-add-form"), addMembers);
  byId("zone-all").addEventListener("change", ({ target }) => {
    byId("zone-members")
      .querySelectorAll("input")
      .forEach((box) => {
        box.checked = target.checked;
      });
  });
  byId("zone-add-more").addEventListener("toggle", ({ target }) => {
    if (target.open) attempt(byId("zone-add-form"), showUnlisted);
  });
  byId("zone-assign").addEventListener("click", () =>
    attempt(form(), () =>
      openAssign(
        { kind: "zone", id: zone.id, code: zone.code, name: zone.name },
        { kind: zone.kind === "grid" ? "grid" : "household_care", area: zone.area?.code, done: changed },
      ),
    ),
  );
  byId("zone-end").addEventListener("click", () => attempt(form(), end));
}
