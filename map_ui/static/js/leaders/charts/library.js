/* Charts are ECharts's, which is heavy: fetched when the map stands, a chart is in
   sight and the browser has nothing else to do. Their tables are there at once. */

import { byId } from "../../shared/dom.js";

const shown = new Map();
let drawing = null;

const whenIdle = (job) => {
  if (window.requestIdleCallback) window.requestIdleCallback(job, { timeout: 3000 });
  else setTimeout(job, 300);
};

/** Without ECharts the tables tell everybody what they tell a screen reader. */
function showTables() {
  document.querySelectorAll("[data-chart]").forEach((box) => {
    box.hidden = true;
    byId(`${box.dataset.chart}-figures`).classList.remove("unseen");
  });
}

async function load() {
  try {
    const { draw, startDrawing } = await import("./drawing.js");
    await startDrawing();
    drawing = draw;
    shown.forEach((figures, name) => {
      draw(name, figures);
    });
  } catch {
    showTables();
  }
}

/** Draws `figures` in the chart `name`, now or as soon as it can be drawn. */
export function showChart(name, figures) {
  shown.set(name, figures);
  if (drawing) drawing(name, figures);
}

/** Fetches what draws as soon as a chart is in sight. */
export function startCharts() {
  const sight = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    sight.disconnect();
    whenIdle(load);
  });
  document.querySelectorAll("[data-chart]").forEach((box) => {
    sight.observe(box);
  });
}
