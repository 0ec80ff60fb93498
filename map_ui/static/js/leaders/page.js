/* The leaders' map: puts its parts together and keeps them at one state. */

import { Areas } from "../map/areas.js";
import { Boundaries, startTip } from "../map/boundaries.js";
import { Names } from "../map/names.js";
import { addControls, boundsOf, map, show } from "../map/view.js";
import { goToLogin, needsLogin, read } from "../shared/api.js";
import { isolated, joined } from "../shared/directions.js";
import { allWithin, byId, focused } from "../shared/dom.js";
import { showNotice, showSource } from "../shared/edition.js";
import { clockTime, count } from "../shared/format.js";
import { onTheme, startTheme } from "../shared/theme.js";
import { readVisitor, startVisitor } from "../shared/visitor.js";
import { _, timezone } from "../shared/words.js";
import { startCharts } from "./charts/library.js";
import { showChildren } from "./children.js";
import { showCrumbs, typeName } from "./crumbs.js";
import { openCase, openCases, startOpening } from "./dialogs.js";
import { readFigures } from "./figures.js";
import { showPeriod, startFilters } from "./filters.js";
import { limitHeat, showHeat, startHeat, whenHeatHadItsTurn } from "./heat.js";
import { startLive } from "./live.js";
import { awaitOverview, showOverview } from "./overview.js";
import { startPrinting } from "./print.js";
import { fillServiceChoice, showServices } from "./services.js";
import { showStages } from "./stages.js";
import { current, onChange, update } from "./state.js";
import { report } from "./trouble.js";
import { showWeeks } from "./weeks.js";

/** @typedef {import("./address.js").State} State */
/** @typedef {Awaited<ReturnType<typeof readFigures>>} Figures */

const areas = new Areas();
const names = new Names(areas);
const boundaries = new Boundaries({
  areas,
  onPick: (code) => isWithin(code) && update({ area: code === root ? "" : code }),
  onHover: (code) => showTip(code),
});
const showTip = startTip(byId("tip"), tipText);

const EVERYTHING = new Set(["area", "from"]);

// Who may remind, as the service decides again; others are not offered what it refuses.
const LEADERS = ["county_leader", "town_leader"];
// Who has cases of their own to work on.
const WORKERS = ["village_cadre", "handler"];

// The visitor's own area: the top of what may be seen; null with several of them.
/** @type {string | null} */
let root = null;
let role = "";
/** @type {Figures} */
let figures;
/** @type {Promise<typeof import("./slider.js")> | null} */
let slider = null;
// The first figures, asked for before it is known whose page this is.
/** @type {{ state: State, asked: Promise<Figures> } | null} */
let first = null;

const place = () => current().area || root;

/**
 * Whether an area lies in what the visitor may see.
 * @param {string} code
 */
function isWithin(code) {
  return !root || areas.lineage(code).some((area) => area.code === root);
}

/** @param {string} code */
function tipText(code) {
  const area = areas.find(code);
  if (!area) return [];
  const row = figures?.children.rows.find(({ key }) => key === code);
  const lines = [area.name, typeName(area.type)];
  if (row) {
    lines.push(
      _("Received %(ordered)s · in progress %(open)s · overdue %(overdue)s", {
        ordered: count(row.ordered),
        open: count(row.open),
        overdue: count(row.overdue),
      }),
    );
  }
  return lines;
}

/** Shows the whole of the present place. */
const fit = (/** @type {{ animate?: boolean }} */ way = {}) => show(boundsOf(areas.featuresOf(place())), way);

/** @param {{ animate: boolean }} way */
function drawPlace({ animate }) {
  // What is drawn before the view moves at once would be reckoned twice.
  if (!animate) fit({ animate });
  boundaries.draw(place());
  names.show({ place: place() });
  if (animate) fit({ animate });
  const line = areas.lineage(place());
  const from = root ? line.findIndex((area) => area.code === root) : -1;
  const own = root ? line.slice(Math.max(from, 0)) : [{ code: "", name: _("My areas") }, ...line];
  showCrumbs(own);
  const name = own[own.length - 1].name;
  byId("place-name").textContent = name;
  byId("children-name").textContent = isolated(name);
  document.title = joined([name, byId("product").textContent]);
}

async function bringPlace({ animate = true } = {}) {
  const code = place();
  if (code) await areas.loadLineage(code);
  const area = areas.find(code);
  const village = area && { village: area.code, group: area.parent_code }[area.type];
  if (village) await areas.loadGroups(village);
  if (code === place()) drawPlace({ animate });
}

/** Asks for the figures at once; where no place is named, the service knows whose they are. */
function askFirst() {
  const state = current();
  const asked = readFigures({ ...state, area: place() });
  asked.catch(() => {}); // told when they are to be shown
  return { state, asked };
}

/** Shows the figures of the state; `isQuiet` when it is the same and only they may differ. */
async function bringFigures({ isQuiet = false } = {}) {
  const state = current();
  showPeriod(state);
  byId("service").value = state.service;
  if (!isQuiet) {
    awaitOverview();
    byId("children-scroll").setAttribute("aria-busy", "true");
  }
  const asked = first?.state === state ? first.asked : readFigures({ ...state, area: place() });
  first = null;
  figures = await asked;
  const { children, services, weeks, stages, earlier } = figures;
  showOverview(children.totals, earlier);
  showServices(services.rows, state.service);
  showWeeks(weeks.rows, state);
  showStages(stages.rows);
  showChildren({
    ...children,
    onPoint: (code) => boundaries.point(code),
  });
  names.show({ figures: new Map(children.rows.map((row) => [row.key, count(row.ordered)])) });
  byId("year").hidden = children.totals.ordered > 0;
  byId("updated").textContent = _("As of %(time)s", { time: clockTime(new Date(), timezone) });
  if (isQuiet) return;
  byId("said").textContent = _("%(place)s: received %(ordered)s, overdue %(overdue)s", {
    place: byId("place-name").textContent,
    ordered: count(children.totals.ordered),
    overdue: count(children.totals.overdue),
  });
}

/**
 * The time slider is fetched when somebody first opens it.
 * @param {(...keys: string[]) => boolean} has
 */
async function bringSlider(has) {
  if (!slider && !current().play) return;
  if (!slider) {
    slider = import("./slider.js");
    (await slider).startPlaying();
  }
  const { followPeriod, showPlaying } = await slider;
  if (!has("play")) {
    followPeriod();
    return;
  }
  const wasHidden = byId("playing").hidden;
  showPlaying();
  // The slider lies over the foot of the map, where the county would end.
  if (byId("playing").hidden !== wasHidden) fit();
}

/** Fetches whatever `changed` makes old; without it, everything anew. */
async function bring(changed = EVERYTHING) {
  const has = (/** @type {string[]} */ ...keys) => keys.some((key) => changed.has(key));
  byId("trouble").hidden = true;
  try {
    const jobs = [bringSlider(has)];
    if (!figures || has("area", "from", "to", "service")) jobs.push(bringFigures());
    if (has("area")) jobs.push(bringPlace());
    if (has("case")) jobs.push(openCase());
    if (has("from", "to", "service")) showHeat(current(), { anew: changed === EVERYTHING });
    await Promise.all(jobs);
    if (has("area", "from", "to", "service", "list")) {
      await openCases({ at: place(), totals: figures.children.totals });
    }
  } catch (error) {
    report(error, () => bring());
  }
}

/** What has the focus keeps it, though its list is written anew. */
function holdFocus() {
  const code = focused()?.closest("tr")?.dataset.area;
  if (!code) return () => {};
  return () => {
    allWithin(document, `tr[data-area="${CSS.escape(code)}"] button`)[0]?.focus();
  };
}

/** Fetches what has happened meanwhile; view and focus stay, and failing is no trouble. */
async function renew() {
  const refocus = holdFocus();
  try {
    showHeat(current(), { anew: true });
    await bringFigures({ isQuiet: true });
    refocus();
    await openCases({ at: place(), totals: figures.children.totals });
  } catch (error) {
    if (needsLogin(error)) goToLogin();
  }
}

/** Begins what nobody needs before the map and the figures stand. */
async function bringRest() {
  await whenHeatHadItsTurn();
  startCharts();
  startLive(renew);
}

async function start() {
  byId("loading").hidden = false;
  try {
    // A round trip is dearer than a reply that may turn out to be of no use.
    first = askFirst();
    const [me, county] = await Promise.all([
      readVisitor(),
      areas.loadCounty(),
      areas.loadShapes("town"),
      areas.loadShapes("village"),
      showNotice().then(showSource),
      read("/api/services").then(({ items }) => fillServiceChoice(items, current().service)),
    ]);
    startVisitor(me);
    role = me.role;
    byId("to-work").hidden = !WORKERS.includes(role);
    me.areas.forEach((area) => {
      !areas.find(area.code) && areas.add(area);
    });
    byId("county").textContent = county ? county.name : "";
    if (me.areas.length === 1) root = me.areas[0].code;
    else if (!me.areas.length && county) root = county.code;
    boundaries.learn();
    await bringPlace({ animate: false });
    limitHeat(boundsOf(areas.features.town));
    names.addTo(map);
    byId("loading").hidden = true;
  } catch (error) {
    report(error, start);
    return;
  }
  onChange((_state, changed) => bring(changed));
  onTheme(() => {
    boundaries.draw(place());
    names.draw();
  });
  startOpening({
    canRemind: LEADERS.includes(role),
    onTrouble: report,
    onChange: renew,
  });
  await bring(new Set(["from", "list", "case", "play"]));
  bringRest();
}

startTheme();
startFilters();
startHeat();
startPrinting();
addControls(() => fit());
awaitOverview();
showPeriod(current());
byId("refresh").addEventListener("click", () => bring());
byId("open-cases").addEventListener("click", () => update({ list: "overdue" }));
byId("play-open").addEventListener("click", () => update({ play: current().play ? "" : "month" }));
byId("figures-on-map").addEventListener("click", () => {
  const button = byId("figures-on-map");
  const isOn = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOn));
  names.show({ withFigures: isOn });
});
byId("trouble-home").addEventListener("click", () => update({ area: "" }));
byId("year").addEventListener("click", () => allWithin(document, '[data-period="year"]')[0]?.click());
start();
