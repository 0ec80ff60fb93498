/* Received and settled by day, or by week when the days are too many to draw. */

import { byId, el, svg } from "./dom.js";
import { count, periodText, shortDay } from "./format.js";
import { plusDays, stepsOf, today } from "./periods.js";
import { colour } from "./theme.js";
import { _, timezone } from "./words.js";

const LEFT = 30;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;

let shown = null;

function stepName(step) {
  if (step === 1) return _("by day");
  return step === 7 ? _("by week") : _("by %(count)s weeks", { count: step / 7 });
}

/**
 * Sums of the rows per step of the period: [{first, last, isWhole, ordered, closed}].
 * A step is whole when all its days are over: today's line would fall every morning.
 */
function sums(rows, period) {
  const { step, days } = stepsOf(period);
  const end = [period.to, today(timezone)].sort()[0];
  const found = new Map(rows.map((row) => [row.key, row]));
  return days.map((first) => {
    const isWhole = plusDays(first, step) <= end;
    const sum = { first, last: first, isWhole, ordered: 0, closed: 0 };
    for (let i = 0; i < step; i += 1) {
      const day = plusDays(first, i);
      if (day >= period.to) break;
      const row = found.get(day);
      sum.last = day;
      sum.ordered += row ? row.ordered : 0;
      sum.closed += row ? row.closed : 0;
    }
    return sum;
  });
}

/** A round number at or above `value` which two grid lines can share evenly. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 4)));
  return [0.4, 1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power)
    .find((step) => step >= value && step >= 4 && step % 2 === 0);
}

function plot(steps, width, height) {
  const top = ceiling(Math.max(...steps.map((step) => step.ordered)));
  const span = width - LEFT - RIGHT;
  const x = (index) => LEFT + (steps.length === 1 ? span / 2 : (span * index) / (steps.length - 1));
  const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - value / top);
  const whole = steps.filter((step) => step.isWhole);
  const drawn = whole.length > 1 ? whole : steps;
  const path = (key) => drawn.map((step, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(step[key]).toFixed(1)}`).join("");
  const grid = [0, top / 2, top].flatMap((value) => [
    svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: "plot__grid" }),
    svg("text", { x: LEFT - 6, y: y(value) + 3.5, class: "plot__label plot__label--end", text: count(value) }),
  ]);
  const every = Math.max(1, Math.ceil(steps.length / Math.max(2, Math.floor(span / 52))));
  const dates = steps.map((step, i) => (i % every || x(i) > width - 22 ? null
    : svg("text", { x: x(i), y: height - 5, class: "plot__label", text: shortDay(step.first) })));
  const line = (key) => (steps.length === 1
    ? svg("circle", { cx: x(0), cy: y(steps[0][key]), r: 4, class: `plot__dot plot__dot--${key}` })
    : svg("path", { d: path(key), class: `plot__line plot__line--${key}` }));
  const fade = svg("linearGradient", { id: "fade", x1: 0, y1: 0, x2: 0, y2: 1 },
    svg("stop", { offset: "0", "stop-color": colour("accent"), "stop-opacity": 0.32 }),
    svg("stop", { offset: "1", "stop-color": colour("accent"), "stop-opacity": 0.02 }));
  const area = steps.length === 1 ? null : svg("path", {
    d: `${path("ordered")}L${x(drawn.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`, fill: "url(#fade)",
  });
  const cursor = svg("line", { y1: TOP, y2: height - BOTTOM, class: "plot__cursor", visibility: "hidden" });
  const chart = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("defs", {}, fade), grid, dates.filter(Boolean), area, line("closed"), line("ordered"), cursor);
  return { chart, cursor, x };
}

function readout(step) {
  return _("%(day)s · received %(ordered)s · settled of these %(closed)s", {
    day: periodText(step.first, step.last), ordered: count(step.ordered), closed: count(step.closed),
  });
}

function draw() {
  const box = byId("days");
  if (!shown || !box.clientWidth) return;
  const { steps } = shown;
  const { chart, cursor, x } = plot(steps, box.clientWidth, box.clientHeight);
  const say = byId("days-readout");
  const sum = (key) => steps.reduce((total, step) => total + step[key], 0);
  const idle = readout({
    first: steps[0].first, last: steps[steps.length - 1].last, ordered: sum("ordered"), closed: sum("closed"),
  });
  say.textContent = idle;
  chart.addEventListener("pointermove", (event) => {
    // On a wall the panels are drawn larger than they count their pixels.
    const { left, width } = chart.getBoundingClientRect();
    const at = ((event.clientX - left) * box.clientWidth) / width;
    const gap = steps.length > 1 ? x(1) - x(0) : 1;
    const index = Math.min(steps.length - 1, Math.max(0, Math.round((at - x(0)) / gap)));
    cursor.setAttribute("x1", x(index));
    cursor.setAttribute("x2", x(index));
    cursor.setAttribute("visibility", "visible");
    say.textContent = readout(steps[index]);
  });
  chart.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    say.textContent = idle;
  });
  box.replaceChildren(chart);
}

/** Shows the rows of a period; the same figures go into a table for screen readers. */
export function showDays(rows, period) {
  shown = { steps: sums(rows, period) };
  byId("days-step").textContent = stepName(stepsOf(period).step);
  byId("days-table").replaceChildren(...shown.steps.map((step) => el("tr", {},
    el("th", { scope: "row", text: periodText(step.first, step.last) }),
    el("td", { text: count(step.ordered) }),
    el("td", { text: count(step.closed) }))));
  draw();
}

/** Redraws when the panel changes its width or the page its colours. */
export function startDays(onTheme) {
  new ResizeObserver(draw).observe(byId("days"));
  onTheme(draw);
}
