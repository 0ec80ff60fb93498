/* The chart of the categories: one bar each, in the order of the codes, each a filter. */

import { letters, plain, told, tooltip } from "./chart-look.js";
import { count } from "./format.js";
import { update } from "./state.js";
import { colour } from "./theme.js";
import { _ } from "./words.js";

const ROW = 26;
const NAMES = 92;
const NUMBERS = 44;

function bars(px, { rows, chosen }, { name, value, says, ink, isLast }) {
  return {
    name,
    color: colour(ink),
    tooltip: told((index) => says(rows[index])),
    type: "bar",
    stack: "ordered",
    barWidth: px(9),
    emphasis: { disabled: true },
    data: rows.map((row) => ({
      value: value(row),
      itemStyle: { color: colour(ink), opacity: chosen && row.key !== chosen ? 0.35 : 1 },
    })),
    label: {
      show: isLast,
      position: "right",
      distance: px(6),
      ...letters(px, "ink", 13),
      formatter: ({ dataIndex }) => count(rows[dataIndex].ordered),
    },
  };
}

function option(figures, px) {
  const { rows, chosen } = figures;
  return {
    grid: { left: px(NAMES), right: px(NUMBERS), top: 0, bottom: 0 },
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map(({ name }) => plain(name)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        interval: 0,
        margin: px(NAMES),
        align: "left",
        width: px(NAMES - 8),
        overflow: "truncate",
        ...letters(px, "ink", 13),
        color: (_name, index) => colour(rows[index].key === chosen ? "accent" : "ink"),
      },
    },
    tooltip: tooltip(px),
    series: [
      bars(px, figures, {
        name: _("Overdue"), ink: "bad", value: (row) => row.overdue, says: (row) => row.overdue,
      }),
      bars(px, figures, {
        name: _("Received"), ink: "accent", value: (row) => row.ordered - row.overdue,
        says: (row) => row.ordered, isLast: true,
      }),
    ],
  };
}

/** A click on a row, its name included, chooses the category or lets it go. */
function pick(chart, [, y], { rows, chosen }) {
  const row = rows[chart.convertFromPixel({ yAxisIndex: 0 }, y)];
  return row ? () => update({ service: row.key === chosen ? "" : row.key }) : null;
}

export const servicesChart = { height: ({ rows }) => ROW * rows.length, option, pick };
