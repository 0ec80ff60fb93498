/* Who answers for what in an area: first where nobody does. */

import { read, send } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId, el, within } from "../shared/dom.js";
import { dutyName } from "../shared/duties.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { openAssign } from "./assignment.js";
import { dutyKinds, dutyText, gapsText, termText } from "./duty-words.js";
import { ask } from "./forms.js";
import { deed } from "./line-deeds.js";
import { ownAreas } from "./rights.js";
import { report, say } from "./status.js";

const MOST = 1000;

/** @type {import("./area-choice.js").AreaChoice} */
let areas;
let turn = 0;

/**
 * @param {(Node | string)[]} cells
 * @param {string[]} labels
 */
function row(cells, labels) {
  // Said in full: as cards on a phone, rows and cells would lose their roles.
  return el(
    "tr",
    { role: "row" },
    cells.map((content, i) =>
      el(
        i ? "td" : "th",
        {
          role: i ? "cell" : "rowheader",
          scope: i ? null : "row",
          "data-label": labels[i],
        },
        content,
      ),
    ),
  );
}

/**
 * @param {"gaps-list" | "duties-list"} id
 * @param {(Node | string)[][]} rows
 * @param {string} note
 */
function fill(id, rows, note) {
  const box = byId(id);
  const labels = allWithin(box, "thead th").map((cell) => cell.textContent || "");
  within(box, "tbody").replaceChildren(...rows.map((cells) => row(cells, labels)));
  within(box, ".listing__note").textContent = note;
}

/**
 * @param {Schema<"Vacancy">} gap
 * @param {Set<string>} mine
 */
function gapRow({ duty, place }, mine) {
  const may = mine.has(duty);
  /** @returns {Promise<void>} */
  const give = () => openAssign(place, { kind: duty, area: areas.shown?.code, done: load });
  return [
    place.name,
    place.code,
    dutyName(duty),
    may
      ? el("button", {
          type: "button",
          class: "secondary",
          "aria-haspopup": "dialog",
          text: _("Give it to somebody"),
          "aria-label": _("Give to somebody: %(what)s", { what: dutyText({ kind: duty, place }) }),
          onclick: () => give().catch((error) => report(error, give)),
        })
      : "",
  ];
}

/** @param {Schema<"DutyOut">} duty */
async function end(duty) {
  const isSure = await ask({
    title: _("End the duty %(what)s of %(name)s?", { what: dutyText(duty), name: duty.person_name }),
    text: await gapsText({ without_duty: duty.id }),
    yes: _("End the duty"),
  });
  if (!isSure) return;
  await send(`/api/duties/${duty.id}`, {}, { method: "DELETE" });
  say(_("Ended: %(name)s", { name: joined([duty.person_name, dutyText(duty)]) }));
  await load();
}

/**
 * @param {Schema<"DutyOut">} duty
 * @param {Set<string>} mine
 */
function dutyRow(duty, mine) {
  /** @returns {Promise<void>} */
  const stop = () => end(duty).catch((error) => report(error, stop));
  return [
    duty.place?.name || "",
    dutyName(duty.kind),
    duty.person_name,
    termText(duty),
    mine.has(duty.kind)
      ? deed(_("End"), stop, {
          isBad: true,
          label: _("End: %(what)s", { what: joined([duty.person_name, dutyText(duty)]) }),
        })
      : "",
  ];
}

/** @param {{ items: unknown[], next?: string | null }} page */
function noteOf({ items, next }) {
  if (next) return _("Only the first %(count)s are shown; choose a narrower area", { count: MOST });
  return items.length ? "" : _("Nobody answers for anything here yet");
}

/** Reads the area's gaps and duties anew. */
async function load() {
  turn += 1;
  const mine = turn;
  const area = areas.shown;
  const narrow = area && area.type !== "county" ? area.code : null;
  const isNarrow = narrow !== null;
  byId("duties-choose").hidden = isNarrow;
  byId("duties-list").hidden = !isNarrow;
  byId("duties-title-held").hidden = !isNarrow;
  const [gaps, held, kinds] = await Promise.all([
    read("/api/coverage", { area: area?.code }),
    isNarrow ? read("/api/duties", { area: narrow, limit: MOST }) : { items: [], next: null },
    dutyKinds(),
  ]);
  if (mine !== turn) return;
  const given = new Set(kinds.filter(({ may_give: may }) => may).map(({ kind }) => kind));
  const step = (/** @type {string} */ wanted) => kinds.findIndex(({ kind }) => kind === wanted);
  const inOrder = [...held.items].sort(
    (a, b) => (a.place?.code || "").localeCompare(b.place?.code || "") || step(a.kind) - step(b.kind),
  );
  fill(
    "gaps-list",
    gaps.items.map((gap) => gapRow(gap, given)),
    gaps.items.length ? "" : _("There is an answerer everywhere"),
  );
  fill(
    "duties-list",
    inOrder.map((duty) => dutyRow(duty, given)),
    noteOf(held),
  );
}

/**
 * Shows gaps and duties of the area that is chosen, at first one's own.
 * @param {Visitor} visitor
 */
export async function show(visitor) {
  if (!areas) {
    const own = ownAreas(visitor);
    let isReady = false;
    areas = new AreaChoice(byId("duties-areas"), {
      deepest: "group",
      own,
      onChange: () => {
        if (isReady) load().catch((error) => report(error, load));
      },
    });
    await areas.start(own.slice(0, 1));
    isReady = true;
  }
  await load();
}
