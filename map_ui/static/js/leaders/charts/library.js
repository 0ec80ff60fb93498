/* Charts are ECharts's, which is heavy: fetched when the map stands, a chart is in
   sight and the browser has nothing else to do. Their tables are there at once. */

import { allWithin, byId } from "../../shared/dom.js";

/** @typedef {import("./kinds.js").Figures} Figures */

/** @type {Partial<Figures>} */
const shown = {};
/** @type {typeof import("./drawing.js").draw | null} */
let drawing = null;

const whenIdle = (/** @type {() => void} */ job) => {
  if (window.requestIdleCallback) window.requestIdleCallback(job, { timeout: 3000 });
  else window.setTimeout(job, 300);
};

/** Without ECharts the tables tell everybody what they tell a screen reader. */
function showTables() {
  allWithin(document, "[data-chart]").forEach((box) => {
    box.hidden = true;
    byId(`${box.dataset.chart}-figures`).classList.remove("unseen");
  });
}

async function load() {
  try {
    const { draw, startDrawing } = await import("./drawing.js");
    await startDrawing();
    drawing = draw;
    if (shown.services) draw("services", shown.services);
    if (shown.weeks) draw("weeks", shown.weeks);
  } catch {
    showTables();
  }
}

/**
 * Draws `figures` in the chart `name`, now or as soon as it can be drawn.
 * @template {keyof Figures} N
 * @param {N} name
 * @param {Figures[N]} figures
 */
export function showChart(name, figures) {
  shown[name] = figures;
  if (drawing) drawing(name, figures);
}

/** Fetches what draws as soon as a chart is in sight. */
export function startCharts() {
  const sight = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    sight.disconnect();
    whenIdle(load);
  });
  allWithin(document, "[data-chart]").forEach((box) => {
    sight.observe(box);
  });
}
