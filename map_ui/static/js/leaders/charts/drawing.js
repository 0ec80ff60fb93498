/* Draws the charts with ECharts: in the page's colours, at the size of its letters. */

import { allWithin, byId, el, prefersStillness } from "../../shared/dom.js";
import { onTheme } from "../../shared/theme.js";
import { servicesChart } from "./services.js";
import { weeksChart } from "./weeks.js";

/** @typedef {import("./kinds.js").Figures} Figures */

/** @type {{ [N in keyof Figures]: import("./kinds.js").Kind<Figures[N]> }} */
const KINDS = { services: servicesChart, weeks: weeksChart };

/**
 * A chart in its box, with what it shows now.
 * @template F
 * @typedef {object} Held
 * @property {HTMLElement} box
 * @property {import("echarts").ECharts} chart
 * @property {import("./kinds.js").Kind<F>} kind
 * @property {F | null} figures
 */

/** @type {{ [N in keyof Figures]?: Held<Figures[N]> }} */
const charts = {};

/** How much larger than on a desk the page is drawn; see wall.css. @param {HTMLElement} box */
const wallOf = (box) => Number(getComputedStyle(box).getPropertyValue("--wall")) || 1;

/**
 * Draws what a chart shows, at the size that its box has now.
 * @template F
 * @param {Held<F>} held
 */
function drawHeld({ box, chart, kind, figures }) {
  if (!figures) return;
  const wall = wallOf(box);
  box.style.minHeight = `${wall * kind.height(figures)}px`;
  chart.resize();
  chart.setOption(
    {
      animation: !prefersStillness(),
      animationDuration: 250,
      animationDurationUpdate: 250,
      ...kind.option(figures, (pixels) => pixels * wall),
    },
    { notMerge: true },
  );
}

/**
 * Draws `figures` in the chart `name`.
 * @template {keyof Figures} N
 * @param {N} name
 * @param {Figures[N]} figures
 */
export function draw(name, figures) {
  const held = charts[name];
  if (!held) return;
  held.figures = figures;
  drawHeld(held);
}

/**
 * Says what lies under the pointer, and lets a click choose it.
 * @template F
 * @param {Held<F>} held
 */
function follow(held) {
  const { box, chart, kind } = held;
  const tip = el("div", { class: "tip" });
  tip.hidden = true;
  box.append(tip);
  /** @type {(event: { offsetX: number, offsetY: number }) => number} */
  const pointed = ({ offsetX, offsetY }) => {
    const index = kind.indexAt(chart, [offsetX, offsetY]);
    return held.figures && index >= 0 && index < kind.count(held.figures) ? index : -1;
  };
  const surface = chart.getZr();
  surface.on("mousemove", (event) => {
    const index = pointed(event);
    surface.setCursorStyle(kind.pick && index >= 0 ? "pointer" : "default");
    tip.hidden = index < 0;
    if (index < 0 || !held.figures) return;
    tip.replaceChildren(...kind.words(held.figures, index).map((text) => el("span", { text })));
    // Beside the pointer where there is room, and never over it.
    const gap = 14;
    const x = Math.min(event.offsetX + gap, Math.max(0, box.clientWidth - tip.offsetWidth));
    const isLow = event.offsetY + gap + tip.offsetHeight > box.clientHeight;
    const y = isLow ? event.offsetY - gap - tip.offsetHeight : event.offsetY + gap;
    tip.style.transform = `translate(${x}px, ${Math.max(0, y)}px)`;
  });
  surface.on("globalout", () => {
    tip.hidden = true;
  });
  surface.on("click", (event) => {
    const index = pointed(event);
    if (held.figures && index >= 0) kind.pick?.(held.figures, index);
  });
}

/**
 * Makes an empty chart that follows the size of its box and the page's colours.
 * @template F
 * @param {HTMLElement} box
 * @param {import("./kinds.js").Kind<F>} kind
 * @returns {Held<F>}
 */
function begin(box, kind) {
  /** @type {Held<F>} */
  const held = { box, chart: window.echarts.init(box), kind, figures: null };
  follow(held);
  if (box.parentElement) new ResizeObserver(() => drawHeld(held)).observe(box.parentElement);
  onTheme(() => drawHeld(held));
  return held;
}

/** Fetches ECharts and makes an empty chart in every box. */
export async function startDrawing() {
  await import(allWithin(document, "[data-library]")[0].dataset.library || "");
  charts.services = begin(byId("services"), KINDS.services);
  charts.weeks = begin(byId("weeks"), KINDS.weeks);
}
