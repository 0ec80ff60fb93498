/* Draws the charts with ECharts: in the page's colours, at the size of its letters. */

import { byId, el, prefersStillness } from "../../shared/dom.js";
import { onTheme } from "../../shared/theme.js";
import { servicesChart } from "./services.js";
import { weeksChart } from "./weeks.js";

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

/** Says what lies under the pointer, and lets a click choose it. */
function follow(held) {
  const { box, chart, kind } = held;
  const tip = el("div", { class: "tip" });
  tip.hidden = true;
  box.append(tip);
  const pointed = ({ offsetX, offsetY }) => {
    const index = kind.indexAt(chart, [offsetX, offsetY]);
    return held.figures && index >= 0 && index < kind.count(held.figures) ? index : -1;
  };
  const surface = chart.getZr();
  surface.on("mousemove", (event) => {
    const index = pointed(event);
    surface.setCursorStyle(kind.pick && index >= 0 ? "pointer" : "default");
    tip.hidden = index < 0;
    if (index < 0) return;
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
    if (kind.pick && index >= 0) kind.pick(held.figures, index);
  });
}

/** Fetches ECharts and makes an empty chart in every box. */
export async function startDrawing() {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  await import(boxes[0].dataset.library);
  boxes.forEach((box) => {
    const name = box.dataset.chart;
    const held = { box: byId(name), chart: window.echarts.init(box), kind: KINDS[name], figures: null };
    charts.set(name, held);
    follow(held);
    new ResizeObserver(() => draw(name)).observe(box.parentElement);
  });
  onTheme(() =>
    charts.forEach((_held, name) => {
      draw(name);
    }),
  );
}
