/* Names of areas, drawn as text on one canvas above the map. */

import { el } from "../shared/dom.js";
import { colour } from "../shared/theme.js";
import { cut, placeLabels, spread } from "./labels.js";
import { map } from "./view.js";

// Villages are named from this zoom on, groups when their village is open.
const VILLAGE_ZOOM = 10.25;
// Seen from farther away than this, villages stand so close that small letters must do.
const CLOSE_ZOOM = 11.25;
const MARGIN = 0.15;
// Letters of a map this wide are drawn as below; a wall is read from farther away.
const PLAIN_WIDTH = 900;
const LARGEST = 2.2;
const FONT = '"Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif';
/** @type {Record<string, Style>} */
const STYLE = {
  town: { size: 17, weight: 700, ink: "name-town", halo: 5, rank: 1, spread: true },
  village: { size: 12, weight: 400, ink: "name-village", halo: 3.5, rank: 2 },
  far: { size: 11, weight: 400, ink: "name-village", halo: 3, rank: 2 },
  group: { size: 11, weight: 400, ink: "name-group", halo: 3, rank: 3 },
};

/** @typedef {import("./areas.js").Area} Area */
/** @typedef {{ size: number, weight: number, ink: string, halo: number, rank: number, spread?: boolean }} Style */
/** @typedef {ReturnType<Names["label"]> & import("./labels.js").Box} Placed */

/** The names of a map's areas, placed so that none lies on another. */
export class Names extends L.Layer {
  /**
   * @param {import("./areas.js").Areas} areas
   * @param {{ leastScale?: number }} [look]
   */
  constructor(areas, { leastScale = 1 } = {}) {
    super();
    this.areas = areas;
    this.leastScale = leastScale;
    this.scale = leastScale;
    this.pad = L.point(0, 0);
    this.canvas = el("canvas", { class: "names leaflet-zoom-hide", "aria-hidden": "true" });
    /** @type {string | null} */
    this.place = null;
    /** @type {Map<string, string>} */
    this.figures = new Map();
    this.withFigures = true;
    // Measuring text is what takes the longest, and names seldom change.
    /** @type {Map<string, number>} */
    this.widths = new Map();
  }

  /**
   * @param {string} text
   * @param {CanvasRenderingContext2D} pen
   */
  widthOf(text, pen) {
    const key = `${pen.font} ${text}`;
    const known = this.widths.get(key);
    if (known !== undefined) return known;
    const { width } = pen.measureText(text);
    this.widths.set(key, width);
    return width;
  }

  /** @override */
  onAdd() {
    map.getPane("names")?.append(this.canvas);
    map.on("moveend zoomend resize viewreset", this.draw, this);
    this.draw();
    return this;
  }

  /** @override */
  onRemove() {
    map.off("moveend zoomend resize viewreset", this.draw, this);
    this.canvas.remove();
    return this;
  }

  /**
   * Shows the names as seen from `place`, with `figures` (code → number as text).
   * @param {{ place?: string | null, figures?: Map<string, string>, withFigures?: boolean }} changes
   */
  show({ place = this.place, figures = this.figures, withFigures = this.withFigures }) {
    Object.assign(this, { place, figures, withFigures });
    if (this.canvas.isConnected) this.draw();
  }

  /** Areas that may be named at this zoom and place. */
  candidates() {
    const area = this.areas.find(this.place);
    const line = this.areas.lineage(this.place).map((item) => item.code);
    const village = area && (area.type === "group" ? area.parent_code : area.code);
    const { town, village: villages } = this.areas.features;
    const all = [...town];
    if (map.getZoom() >= VILLAGE_ZOOM) all.push(...villages);
    all.push(...this.areas.groupFeatures(village));
    const isHere = (/** @type {Area} */ item) =>
      !area ||
      area.type === "county" ||
      line.includes(item.code) ||
      this.areas.lineage(item.code).some(({ code }) => code === area.code);
    return all
      .map(({ properties }) => properties)
      .flatMap((item) => (item.label ? [{ item, label: item.label, isHere: isHere(item) }] : []));
  }

  /**
   * The label of one area: its lines, size and where it should be.
   * @param {ReturnType<Names["candidates"]>[number]} candidate
   * @param {CanvasRenderingContext2D} pen
   */
  label({ item, label, isHere }, pen) {
    const isFar = item.type === "village" && map.getZoom() < CLOSE_ZOOM;
    const style = isFar ? STYLE.far : STYLE[item.type] || STYLE.group;
    const isPlace = item.code === this.place;
    const name = style.spread ? spread(cut(item.name)) : cut(item.name);
    const figure = this.withFigures && isHere ? this.figures.get(item.code) : undefined;
    const weight = isPlace ? 700 : style.weight;
    const size = this.scale * (isPlace && item.type !== "town" ? style.size + 2 : style.size);
    pen.font = `${weight} ${size}px ${FONT}`;
    const width = this.widthOf(name, pen);
    const at = map.latLngToContainerPoint([label[1], label[0]]);
    return {
      x: at.x + this.pad.x,
      y: at.y + this.pad.y,
      width: Math.max(width, figure === undefined ? 0 : 34 * this.scale),
      height: size + (figure === undefined ? 2 : 16 * this.scale),
      rank: isPlace ? 0 : style.rank + (isHere ? 0 : 5),
      name,
      figure,
      style,
      weight,
      size,
      isHere,
      isPlace,
    };
  }

  /** What floats over the map, in the canvas's coordinates. */
  obstacles() {
    const origin = map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll("[data-floats]")]
      .map((node) => node.getBoundingClientRect())
      .filter((box) => box.width)
      .map((box) => ({
        left: box.left - origin.left + this.pad.x,
        right: box.right - origin.left + this.pad.x,
        top: box.top - origin.top + this.pad.y,
        bottom: box.bottom - origin.top + this.pad.y,
      }));
  }

  draw() {
    const size = map.getSize();
    this.scale = Math.min(LARGEST, Math.max(this.leastScale, size.x / PLAIN_WIDTH));
    this.pad = L.point(Math.round(size.x * MARGIN), Math.round(size.y * MARGIN));
    const width = size.x + 2 * this.pad.x;
    const height = size.y + 2 * this.pad.y;
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = this;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint(this.pad.multiplyBy(-1)));

    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.scale(ratio, ratio);
    const labels = this.candidates().map((candidate) => this.label(candidate, pen));
    const placed = placeLabels(labels, { width, height }, { obstacles: this.obstacles() });
    placed.forEach((label) => {
      this.write(pen, label);
    });
    // What is drawn cannot be asked of a canvas; tests and curious people read it here.
    canvas.dataset.names = String(placed.length);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Placed} label
   */
  write(pen, label) {
    const middle = (label.left + label.right) / 2;
    const baseline = label.top + label.size * 0.5 + 1;
    /** @type {(text: string, font: string, ink: string, y: number, halo: number) => void} */
    const put = (text, font, ink, y, halo) => {
      pen.font = font;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      pen.lineWidth = halo;
      pen.strokeStyle = colour("name-halo");
      pen.strokeText(text, middle, y);
      pen.fillStyle = colour(ink);
      pen.fillText(text, middle, y);
    };
    pen.globalAlpha = label.isHere ? 1 : 0.45;
    put(
      label.name,
      `${label.weight} ${label.size}px ${FONT}`,
      label.isPlace ? "name-selected" : label.style.ink,
      baseline,
      label.style.halo,
    );
    if (label.figure !== undefined) {
      const size = this.scale * (label.style.spread ? 13 : 11);
      put(
        label.figure,
        `700 ${size}px ${FONT}`,
        "name-figure",
        baseline + label.size * 0.5 + 8 * this.scale,
        label.style.halo - 0.5,
      );
    }
    pen.globalAlpha = 1;
  }
}
