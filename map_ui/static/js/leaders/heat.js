/* The heat: tiles painted by the server for the period and category shown. */

import { map } from "../map/view.js";
import { allWithin, byId } from "../shared/dom.js";
import { _ } from "../shared/words.js";

const heat = heat_tiles_main;
// What is not there by then may never come; the rest of the page does not wait for it.
const LONGEST_MS = 5000;
/** @type {Record<string, number>} */
const STRENGTH = { off: 0, light: 0.45, full: 0.9 };
let strength = "full";
let failed = 0;
/** @type {HTMLElement | null} */
let former = null;
let looks = 0;

/**
 * The part of the tiles' address that follows from the page's state.
 * @param {Pick<import("./address.js").State, "from" | "to" | "service">} state
 */
export function queryOf({ from, to, service }) {
  const query = new URLSearchParams({ from, to });
  if (service) query.set("service_code", service);
  // A browser shows a picture of the same address again without asking for it.
  if (looks) query.set("look", String(looks));
  return query.toString();
}

/** @param {string} text */
function say(text) {
  const note = byId("heat-note");
  note.textContent = text;
  note.hidden = !text;
}

function dropFormer() {
  if (former) former.remove();
  former = null;
}

/** Leaves a picture of the tiles in their place until the new ones are there. */
function keepFormer() {
  dropFormer();
  const tiles = heat.getContainer();
  if (!tiles || heat.isLoading()) return;
  former = /** @type {HTMLElement} */ (tiles.cloneNode(true));
  former.classList.replace("leaflet-layer", "former");
  tiles.before(former);
}

/** True when the tiles of the present state stand. */
export function isHeatReady() {
  return strength === "off" || !heat.isLoading();
}

/** Comes true when the tiles of the present state stand, or when they are late. */
export function whenHeatHadItsTurn() {
  return new Promise((/** @type {(none?: unknown) => void} */ resolve) => {
    if (isHeatReady()) resolve();
    heat.once("load", resolve);
    setTimeout(resolve, LONGEST_MS);
  });
}

/**
 * Shows the heat of `state`; `anew` when what is shown may have grown old.
 * @param {Pick<import("./address.js").State, "from" | "to" | "service">} state
 */
export function showHeat(state, { anew = false } = {}) {
  if (anew) looks += 1;
  failed = 0;
  say("");
  heat.options.query = queryOf(state);
  // Leaflet's own redraw() asks for tiles of the map's zoom as it is, 9.5 included.
  if (strength === "off") return;
  keepFormer();
  heat.remove().addTo(map);
}

/**
 * Asks for no tiles outside `bounds`, with a margin for the blur at the border.
 * @param {import("leaflet").LatLngBounds | null} bounds
 */
export function limitHeat(bounds) {
  if (bounds) heat.options.bounds = bounds.pad(0.15);
}

/** @param {string} next */
function choose(next) {
  strength = next;
  dropFormer();
  allWithin(document, "[data-heat]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.heat === next));
  });
  byId("legend").hidden = next === "off";
  if (next === "off") heat.remove();
  else heat.setOpacity(STRENGTH[next]).addTo(map);
}

/** Makes the strength buttons work. */
export function startHeat() {
  heat.setOpacity(STRENGTH[strength]);
  heat.on("load", dropFormer);
  map.on("zoomstart", dropFormer);
  heat.on("tileerror", () => {
    failed += 1;
    if (failed === 1) say(_("Part of the heat could not be loaded"));
  });
  allWithin(document, "[data-heat]").forEach((button) => {
    button.addEventListener("click", () => choose(button.dataset.heat || "full"));
  });
}
