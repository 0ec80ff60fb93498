/* The map in a frame of another portal: public figures, no visitor, no cookie. */

import { Areas } from "../map/areas.js";
import { Boundaries } from "../map/boundaries.js";
import { Names } from "../map/names.js";
import { addControls, boundsOf, map } from "../map/view.js";
import { Problem } from "../shared/api.js";
import { byId, within } from "../shared/dom.js";
import { showSource } from "../shared/edition.js";
import { followSystem, onTheme } from "../shared/theme.js";
import { _ } from "../shared/words.js";
import { showPublicHeat } from "./heat.js";
import { ask, wanted } from "./portal.js";

/** @type {import("leaflet").FitBoundsOptions} */
const ROOM = { paddingTopLeft: [16, 56], paddingBottomRight: [16, 60], animate: false };
const LAYERS = ["heat", "areas"];

const areas = new Areas();
const names = new Names(areas);
const boundaries = new Boundaries({ areas });

/** @param {string} message */
function refuse(message) {
  byId("refusal-text").textContent = message;
  byId("refusal").hidden = false;
  within(document, ".embed__map").hidden = true;
}

/** The areas that may be shown and are asked for, by code; none: the whole county. */
async function findPlaces() {
  if (!wanted.key) return wanted.area ? [wanted.area] : [];
  const { area, layer } = wanted;
  const key = await ask("/api/portal-key", { area, layer });
  return area ? [area] : key.areas.map(({ code }) => code);
}

/** @param {Query} query */
async function askOutlines(query) {
  const found = /** @type {{ features: import("../map/areas.js").Outline[] }} */ (
    await ask("/api/areas.geojson", query)
  );
  return found.features;
}

/** @param {"town" | "village"} type */
async function loadShapes(type) {
  const features = await askOutlines({ type });
  features.forEach((feature) => {
    areas.add(feature.properties);
  });
  areas.features[type] = features;
}

/** Loads a place that is neither county, town nor village, with its neighbours. @param {string} code */
async function loadGroup(code) {
  if (areas.find(code)) return;
  const group = await ask(`/api/areas/${encodeURIComponent(code)}`);
  const within = group.parent_code;
  const features = await askOutlines({ type: "group", within });
  features.forEach((feature) => {
    areas.add(feature.properties);
  });
  areas.features.group = features;
}

async function loadAreas() {
  const { items } = await ask("/api/areas", { type: "county" });
  items.forEach((item) => {
    areas.add(item);
  });
  await Promise.all([loadShapes("town"), loadShapes("village")]);
  return items[0].code;
}

/**
 * @param {string[]} places
 * @param {string} county
 */
function draw(places, county) {
  // One place steps forward; of several none does.
  const place = places.length === 1 ? places[0] : county;
  const redraw = () => {
    boundaries.draw(place);
    names.show({ place, withFigures: false });
  };
  boundaries.learn();
  redraw();
  onTheme(redraw);
  names.addTo(map);
  const shapes = (places.length ? places : [county]).flatMap((code) => areas.featuresOf(code));
  const bounds = boundsOf(shapes);
  const goHome = () => {
    if (bounds) map.fitBounds(bounds, ROOM);
  };
  goHome();
  addControls(goHome);
  byId("place").textContent = (places.length ? places : [county])
    .map((code) => areas.find(code)?.name || "")
    .join(_(", "));
}

async function start() {
  if (!LAYERS.includes(wanted.layer)) {
    throw new Problem(404, { detail: _("There is no layer %(layer)s", { layer: wanted.layer }) });
  }
  const places = await findPlaces();
  const [edition, county] = await Promise.all([ask("/api/editions/current"), loadAreas()]);
  byId("invented").hidden = !edition.source.is_invented;
  showSource(edition);
  await Promise.all(places.map(loadGroup));
  draw(places, county);
  if (wanted.layer === "heat") await showPublicHeat();
}

if (wanted.theme === "auto") followSystem();
start()
  .catch((error) => {
    if (!(error instanceof Problem)) throw error;
    refuse(error.message);
  })
  .finally(() => byId("embed").removeAttribute("aria-busy"));
