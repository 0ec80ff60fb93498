/* Land, lines, hover and selection; everything on two canvases. */

import { colour } from "../shared/theme.js";
import { linesOf } from "./edges.js";
import { findAt } from "./pointer.js";
import { map } from "./view.js";

/** @typedef {import("./areas.js").Outline} Outline */
/** @typedef {import("leaflet").LatLngTuple} LatLng */
/** @typedef {[weight: number, opacity: number]} Stroke from the widest on */

const landCanvas = L.canvas({ pane: "land", padding: 0.2 });
const lineCanvas = L.canvas({ pane: "lines", padding: 0.2 });
const TINTS = 4;
/** @type {LatLng[]} */
const WORLD = [
  [-85, -180],
  [-85, 180],
  [85, 180],
  [85, -180],
];

/** @type {(line: GeoJSON.Position[]) => LatLng[]} */
const flip = (line) => line.map(([lon, lat]) => [lat, lon]);
/** @type {(features: Outline[]) => LatLng[][]} */
const ringsOf = (features) =>
  features.flatMap(({ geometry }) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return polygons.flatMap((rings) => rings.map(flip));
  });

/** A line of several strokes one over the other, reckoned once for all of them. */
class Strokes extends L.Polyline {
  /**
   * @param {LatLng[][]} lines
   * @param {Stroke[]} strokes
   * @param {import("leaflet").PolylineOptions} options
   */
  constructor(lines, strokes, options) {
    super(lines, { ...options, weight: strokes[0][0] });
    this.strokes = strokes;
  }

  /** @override */
  _updatePath() {
    for (const [weight, opacity] of this.strokes) {
      Object.assign(this.options, { weight, opacity });
      super._updatePath();
    }
    // As wide as the widest, so that its canvas is cleared far enough around it.
    this.options.weight = this.strokes[0][0];
  }
}

/**
 * One line, from a wide faint stroke to a thin strong one.
 * @param {GeoJSON.Position[][]} lines
 * @param {string} name of a colour
 * @param {Stroke[]} strokes
 */
const glow = (lines, name, strokes, renderer = lineCanvas) =>
  new Strokes(lines.map(flip), strokes, {
    renderer,
    color: colour(name),
    interactive: false,
    lineJoin: "round",
  });

/** Outlines of one county; redrawn as a whole when shapes, place or theme change. */
export class Boundaries {
  /**
   * @param {object} world
   * @param {import("./areas.js").Areas} world.areas
   * @param {(code: string) => unknown} [world.onPick]
   * @param {(code: string | null) => void} [world.onHover]
   */
  constructor({ areas, onPick, onHover = () => {} }) {
    this.areas = areas;
    this.onHover = onHover;
    /** @type {string | null} */
    this.place = null;
    /** @type {string | null} */
    this.hovered = null;
    this.hover = L.layerGroup();
    this.lines = { town: linesOf([]), village: linesOf([]) };
    if (onPick) this.listen(onPick);
  }

  /**
   * Follows the pointer over the land.
   * @param {(code: string) => unknown} onPick
   */
  listen(onPick) {
    const container = map.getContainer();
    map.on("mousemove", ({ latlng }) => {
      if (map.dragging.moving()) return;
      const code = this.at(latlng);
      container.classList.toggle("is-pointed", Boolean(code));
      this.point(code);
    });
    map.on("mouseout", () => this.point(null));
    map.on("click", ({ latlng }) => {
      const code = this.at(latlng);
      if (code) onPick(code);
    });
  }

  /** Takes in shapes that have just arrived. */
  learn() {
    const { town, village } = this.areas.features;
    this.lines.town = linesOf(town);
    this.lines.village = linesOf(village, ["inner"]);
  }

  /**
   * Draws everything as seen from the area `place`.
   * @param {string | null} place
   */
  draw(place) {
    this.place = place;
    const group = boundaries_main;
    group.clearLayers();
    this.hover = L.layerGroup();
    this.hovered = null;
    const add = (/** @type {import("leaflet").Layer[]} */ ...layers) =>
      layers.forEach((layer) => {
        layer.addTo(group);
      });
    add(...this.land(), ...this.inner(place), ...this.veil(place));
    add(...this.towns(), ...this.selection(place), this.hover);
  }

  land() {
    const shore = glow(
      this.lines.town.outer,
      "map-shore",
      [
        [30, 0.05],
        [22, 0.06],
        [15, 0.08],
        [9, 0.12],
      ],
      landCanvas,
    );
    const tints = this.areas.features.town.map((feature, index) =>
      L.polygon(ringsOf([feature]), {
        renderer: landCanvas,
        interactive: false,
        stroke: false,
        fillColor: colour(`map-land-${index % TINTS}`),
        fillOpacity: 1,
      }),
    );
    return [shore, ...tints];
  }

  /** @param {string | null} place */
  inner(place) {
    const villages = glow(this.lines.village.inner, "map-village", [[1.1, 0.85]]);
    const area = this.areas.find(place);
    const village = area && (area.type === "group" ? area.parent_code : area.code);
    const groups = this.areas.groupFeatures(village);
    return groups.length ? [villages, glow(linesOf(groups, ["inner"]).inner, "map-group", [[1.25, 0.85]])] : [villages];
  }

  /**
   * Everything outside the selected area steps back.
   * @param {string | null} place
   */
  veil(place) {
    const area = this.areas.find(place);
    const shape = this.areas.featuresOf(place);
    if (!area || area.type === "county" || !shape.length) return [];
    return [
      L.polygon([WORLD, ...ringsOf(shape)], {
        renderer: lineCanvas,
        interactive: false,
        stroke: false,
        fillColor: colour("map-veil"),
        fillOpacity: 0.62,
      }),
    ];
  }

  towns() {
    const { outer, inner, between } = this.lines.town;
    return [
      glow([...inner, ...between], "map-town", [
        [9, 0.13],
        [4.5, 0.28],
        [1.6, 0.95],
      ]),
      glow(outer, "map-county", [
        [12, 0.14],
        [6, 0.3],
        [2.2, 1],
      ]),
    ];
  }

  /** @param {string | null} place */
  selection(place) {
    const area = this.areas.find(place);
    if (!area || area.type === "county") return [];
    const { outer } = linesOf(this.areas.featuresOf(place), ["outer"]);
    return [
      glow(outer, "map-selected", [
        [14, 0.14],
        [8, 0.2],
        [2.8, 1],
      ]),
    ];
  }

  /**
   * The next step from the present place towards the finest area at a point, or null.
   * @param {{ lng: number, lat: number }} latlng
   */
  at(latlng) {
    const area = this.areas.find(this.place);
    const village = area && (area.type === "group" ? area.parent_code : area.code);
    const { town, village: villages } = this.areas.features;
    const found = findAt(this.areas.groupFeatures(village), latlng) || findAt(villages, latlng) || findAt(town, latlng);
    return found && this.areas.stepTowards(found.properties.code, this.place);
  }

  /**
   * Lights the area `code` up, or none.
   * @param {string | null} code
   */
  point(code) {
    if (code === this.hovered) return;
    this.hovered = code;
    this.hover.clearLayers();
    if (code && code !== this.place) {
      const shape = this.areas.featuresOf(code);
      if (shape.length) {
        L.polygon(ringsOf(shape), {
          renderer: lineCanvas,
          interactive: false,
          color: colour("map-selected"),
          weight: 2,
          fillColor: colour("map-selected"),
          fillOpacity: 0.12,
        }).addTo(this.hover);
      }
    }
    this.onHover(code);
  }
}

/**
 * The name that follows the pointer; the map's own, since Leaflet's would take HTML.
 * @param {HTMLElement} box
 * @param {(code: string) => string[]} textOf
 */
export function startTip(box, textOf) {
  const container = map.getContainer();
  /** @type {string | null} */
  let code = null;
  map.on("mousemove", ({ containerPoint }) => {
    if (!code) return;
    const flip_ = containerPoint.x > container.clientWidth - 220;
    box.style.transform =
      `translate(${containerPoint.x + (flip_ ? -14 : 14)}px, ${containerPoint.y + 16}px)` +
      (flip_ ? " translateX(-100%)" : "");
  });
  container.addEventListener("pointerleave", () => {
    box.hidden = true;
  });
  return (/** @type {string | null} */ next) => {
    code = next;
    const lines = next ? textOf(next) : [];
    box.replaceChildren(
      ...lines.map((line) => {
        const node = document.createElement("span");
        node.textContent = line;
        return node;
      }),
    );
    box.hidden = !lines.length;
  };
}
