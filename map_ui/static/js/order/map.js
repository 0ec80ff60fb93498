/* The map on which a resident points: boundaries, names, one pin. */

import { Areas } from "../map/areas.js";
import { Boundaries } from "../map/boundaries.js";
import { Names } from "../map/names.js";
import { addControls, boundsOf, map, show } from "../map/view.js";
import { byId } from "../shared/dom.js";
import { onTheme } from "../shared/theme.js";

// From here on a finger hits a house; a pin from farther away is looked at closer.
const HOUSE_ZOOM = 14;

const areas = new Areas();
const outlines = new Boundaries({ areas });
// Read by old eyes on small screens.
const names = new Names(areas, { leastScale: 1.35 });
const pin = L.marker([0, 0], {
  icon: L.divIcon({ className: "pin", iconSize: [36, 46], iconAnchor: [18, 44] }),
  draggable: true,
  keyboard: false,
});
// Set when the outlines are here; nothing is drawn before.
/** @type {string | null} */
let county = null;
/** @type {string[]} */
let shown = [];

/**
 * The finest area of `codes` whose outline is here.
 * @param {string[]} codes
 */
function finest(codes) {
  return [...codes].reverse().find((code) => areas.find(code) && areas.featuresOf(code).length) || county;
}

/** @param {string[]} codes */
async function draw(codes) {
  if (!county) return null;
  shown = codes;
  const village = codes[2];
  if (village && areas.find(village)) await areas.loadGroups(village);
  if (shown !== codes) return null;
  const place = finest(codes);
  outlines.draw(place);
  names.show({ place });
  return place;
}

/**
 * Puts the pin at `point` and marks the areas `codes`, from the county down.
 * @param {{ lon: number, lat: number }} point
 * @param {string[]} codes
 */
export async function showPoint({ lon, lat }, codes) {
  pin.setLatLng([lat, lon]).addTo(map);
  map.setView([lat, lon], Math.max(map.getZoom(), HOUSE_ZOOM), { animate: false });
  await draw(codes);
}

/**
 * Shows the last area of `codes` whole, without a pin.
 * @param {string[]} codes
 */
export async function showArea(codes) {
  pin.remove();
  const place = await draw(codes);
  if (place) show(boundsOf(areas.featuresOf(place)), { animate: false });
}

/** Shows the county without anything chosen. */
export function showNothing() {
  return showArea(county ? [county] : []);
}

/**
 * Loads the outlines of `root`; `onPoint` gets every click and the end of every drag.
 * @param {string} root
 * @param {(point: { lon: number, lat: number }) => void} onPoint
 */
export async function startMap(root, onPoint) {
  addControls(() => show(boundsOf(areas.features.town)));
  map.on("click", ({ latlng }) => onPoint({ lon: latlng.lng, lat: latlng.lat }));
  pin.on("dragend", () => {
    const { lng, lat } = pin.getLatLng();
    onPoint({ lon: lng, lat });
  });
  try {
    await Promise.all([areas.loadCounty(), areas.loadShapes("town"), areas.loadShapes("village")]);
  } finally {
    byId("loading").hidden = true;
  }
  county = root;
  outlines.learn();
  await showNothing();
  names.addTo(map);
  onTheme(() => {
    outlines.draw(finest(shown));
    names.draw();
  });
}
