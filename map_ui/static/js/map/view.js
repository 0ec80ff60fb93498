/* The Leaflet map which folium composed: view, controls, scale. */

import { byId, el, prefersStillness } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { roundLength } from "./scale.js";

/** @typedef {import("leaflet").LatLngBounds} Bounds */

export const map = map_main;

const SCALE_WIDTH = 110;

const still = prefersStillness();
// What fills the view, as long as no hand has moved it.
/** @type {Bounds | null} */
let shown = null;
let isShowing = false;
if (still) {
  map.options.zoomAnimation = false;
  map.options.fadeAnimation = false;
  map.options.inertia = false;
}

/**
 * Room for what floats above and below; on a phone the legend takes the whole width.
 * @returns {{ paddingTopLeft: [number, number], paddingBottomRight: [number, number] }}
 */
function padding() {
  const { x, y } = map.getSize();
  const [side, top, bottom] = x < 500 ? [14, 104, 76] : [24, 60, 72];
  const slider = document.getElementById("playing");
  const over =
    slider && !slider.hidden
      ? map.getContainer().getBoundingClientRect().bottom - slider.getBoundingClientRect().top + 12
      : 0;
  // Where there is hardly any map left, it may lie under the slider.
  const below = Math.min(Math.max(bottom, over), y / 3);
  return { paddingTopLeft: [side, top], paddingBottomRight: [side, below] };
}

/**
 * Bounds of GeoJSON features, or null when there are none.
 * @param {import("./areas.js").Outline[]} features
 */
export function boundsOf(features) {
  if (!features.length) return null;
  const bounds = L.latLngBounds([]);
  for (const { geometry } of features) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const [lon, lat] of polygons.flat(2)) bounds.extend([lat, lon]);
  }
  return bounds;
}

/**
 * Moves the view so that `bounds` fill it, also when its size changes, until a hand moves it.
 * @param {Bounds | null} bounds
 * @param {{ animate?: boolean }} [way]
 */
export function show(bounds, { animate = true } = {}) {
  if (!bounds) return;
  shown = bounds;
  isShowing = true;
  map.fitBounds(bounds, { ...padding(), animate: animate && !still, duration: 0.5 });
}

map.on("movestart", () => {
  if (!isShowing) shown = null;
});
map.on("moveend", () => {
  isShowing = false;
});
map.on("resize", () => show(shown, { animate: false }));

class Scale extends L.Control {
  constructor() {
    super({ position: "bottomright" });
    this.text = el("span", { class: "scale__text" });
    this.bar = el("span", { class: "scale__bar" });
  }

  /** @override */
  onAdd() {
    map.on("move zoomend resize", this.draw, this);
    map.whenReady(this.draw, this);
    return el("div", { class: "scale" }, this.text, this.bar);
  }

  /** @override */
  onRemove() {
    map.off("move zoomend resize", this.draw, this);
  }

  draw() {
    const middle = map.getSize().y / 2;
    const metres = map.distance(
      map.containerPointToLatLng([0, middle]),
      map.containerPointToLatLng([SCALE_WIDTH, middle]),
    );
    if (!metres) return;
    const { length, width } = roundLength(metres, SCALE_WIDTH);
    this.text.textContent =
      length >= 1000 ? _("%(count)s km", { count: length / 1000 }) : _("%(count)s m", { count: length });
    this.bar.style.width = `${width}px`;
  }
}

/**
 * Adds the scale and the buttons; `goHome` shows the whole of the visitor's area.
 * @param {() => void} goHome
 */
export function addControls(goHome) {
  new Scale().addTo(map);
  const zoom = (/** @type {number} */ step) => map.setZoom(map.getZoom() + step, { animate: !still });
  byId("zoom-in").addEventListener("click", () => zoom(0.75));
  byId("zoom-out").addEventListener("click", () => zoom(-0.75));
  byId("zoom-home").addEventListener("click", goHome);
  const observer = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  observer.observe(map.getContainer());
}
