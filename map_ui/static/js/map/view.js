/* The Leaflet map which folium composed: view, controls, scale. */

import { byId, prefersStillness } from "../shared/dom.js";
import { _ } from "../shared/words.js";

/* global L, map_main */
export const map = map_main;

const still = prefersStillness();
// What fills the view, as long as no hand has moved it.
let shown = null;
let isShowing = false;
if (still) {
  map.options.zoomAnimation = false;
  map.options.fadeAnimation = false;
  map.options.inertia = false;
}

/** Room for what floats above and below; on a phone the legend takes the whole width. */
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

/** Bounds of GeoJSON features, or null when there are none. */
export function boundsOf(features) {
  if (!features.length) return null;
  const bounds = L.latLngBounds([]);
  const reach = (part) => {
    if (typeof part[0] === "number") bounds.extend([part[1], part[0]]);
    else part.forEach(reach);
  };
  features.forEach((feature) => {
    reach(feature.geometry.coordinates);
  });
  return bounds;
}

/** Moves the view so that `bounds` fill it, also when its size changes, until a hand moves it. */
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

const Scale = L.Control.extend({
  options: { position: "bottomright", width: 110 },
  onAdd() {
    const box = L.DomUtil.create("div", "scale");
    this.text = L.DomUtil.create("span", "scale__text", box);
    this.bar = L.DomUtil.create("span", "scale__bar", box);
    map.on("move zoomend resize", this.draw, this);
    map.whenReady(this.draw, this);
    return box;
  },
  onRemove() {
    map.off("move zoomend resize", this.draw, this);
  },
  draw() {
    const middle = map.getSize().y / 2;
    const metres = map.distance(
      map.containerPointToLatLng([0, middle]),
      map.containerPointToLatLng([this.options.width, middle]),
    );
    if (!metres) return;
    const power = 10 ** Math.floor(Math.log10(metres));
    const round = [5, 2, 1].find((step) => step * power <= metres) * power;
    this.text.textContent =
      round >= 1000 ? _("%(count)s km", { count: round / 1000 }) : _("%(count)s m", { count: round });
    this.bar.style.width = `${Math.round((this.options.width * round) / metres)}px`;
  },
});

/** Adds the scale and the buttons; `goHome` shows the whole of the visitor's area. */
export function addControls(goHome) {
  new Scale().addTo(map);
  const zoom = (step) => map.setZoom(map.getZoom() + step, { animate: !still });
  byId("zoom-in").addEventListener("click", () => zoom(0.75));
  byId("zoom-out").addEventListener("click", () => zoom(-0.75));
  byId("zoom-home").addEventListener("click", goHome);
  const observer = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  observer.observe(map.getContainer());
}
