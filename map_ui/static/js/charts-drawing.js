/* Draws the charts with ECharts: in the page's colours, at the size of its letters. */

import { servicesChart } from "./chart-services.js";
import { weeksChart } from "./chart-weeks.js";
import { byId, prefersStillness } from "./dom.js";
import { onTheme } from "./theme.js";

const KINDS = { services: servicesChart, weeks: weeksChart };
const charts = new Map();

/** How much larger than on a desk the page is drawn; see wall.css. */
const wallOf = (box) => Number(getComputedStyle(box).getPropertyValue("--wall")) || 1;

/** Draws `figures` in the chart `name`; without figures, the same ones again. */
export function draw(name, figures = charts.get(name).figures) {
  const held = charts.get(name);
  held.figures = figures;
  if (!figures) return;
  const { chart, box, kind } = held;
  const wall = wallOf(box);
  box.style.minHeight = `${wall * kind.height(figures)}px`;
  chart.resize();
  chart.setOption({
    animation: !prefersStillness(),
    animationDuration: 250,
    animationDurationUpdate: 250,
    ...kind.option(figures, (pixels) => pixels * wall),
  }, { notMerge: true });
}

/** What lies under the pointer, as the chart's kind understands it. */
function follow({ chart, kind }, name) {
  const pointed = ({ offsetX, offsetY }) =>
    (kind.pick ? kind.pick(chart, [offsetX, offsetY], charts.get(name).figures) : null);
  const surface = chart.getZr();
  surface.on("click", (event) => {
    const act = pointed(event);
    if (act) act();
  });
  surface.on("mousemove", (event) => surface.setCursorStyle(pointed(event) ? "pointer" : "default"));
}

/** Fetches ECharts and makes an empty chart in every box. */
export async function startDrawing() {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  await import(boxes[0].dataset.library);
  boxes.forEach((box) => {
    const name = box.dataset.chart;
    const held = { box: byId(name), chart: window.echarts.init(box), kind: KINDS[name], figures: null };
    charts.set(name, held);
    follow(held, name);
    new ResizeObserver(() => draw(name)).observe(box.parentElement);
  });
  onTheme(() => charts.forEach((_held, name) => draw(name)));
}
