/* The chart of the categories: one bar each, in the order of the codes, each a filter. */

import { count } from "../../shared/format.js";
import { colour } from "../../shared/theme.js";
import { _ } from "../../shared/words.js";
import { update } from "../state.js";
import { letters, shade } from "./look.js";

/** @typedef {import("./kinds.js").Row} Row */
/** @typedef {import("./kinds.js").Figures["services"]} Figures */
/** @typedef {import("./kinds.js").Scaled} Scaled */

const ROW = 26;
const NAMES = 92;
const NUMBERS = 44;

/**
 * @param {Scaled} px
 * @param {Figures} figures
 * @param {{ name: string, value: (row: Row) => number, ink: string, isLast?: boolean }} part of each bar
 * @returns {import("echarts").BarSeriesOption}
 */
function bars(px, { rows, chosen }, { name, value, ink, isLast }) {
  return {
    name,
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

/**
 * @param {Figures} figures
 * @param {Scaled} px
 * @returns {import("./kinds.js").Option}
 */
function option(figures, px) {
  const { rows, chosen } = figures;
  return {
    grid: { left: px(NAMES), right: px(NUMBERS), top: 0, bottom: 0 },
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      axisPointer: shade(),
      inverse: true,
      data: rows.map(({ name }) => name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        interval: 0,
        margin: px(NAMES),
        align: "left",
        width: px(NAMES - 8),
        overflow: "truncate",
        ...letters(px, "ink", 13),
        color: (_name, index = 0) => colour(rows[index].key === chosen ? "accent" : "ink"),
      },
    },
    series: [
      bars(px, figures, { name: _("Overdue"), ink: "bad", value: (row) => row.overdue }),
      bars(px, figures, {
        name: _("Received"),
        ink: "accent",
        value: (row) => row.ordered - row.overdue,
        isLast: true,
      }),
    ],
  };
}

/**
 * @param {Figures} figures
 * @param {number} index
 */
function words({ rows }, index) {
  const { name, ordered, open, overdue } = rows[index];
  return [
    name,
    _("Received %(ordered)s · in progress %(open)s · overdue %(overdue)s", {
      ordered: count(ordered),
      open: count(open),
      overdue: count(overdue),
    }),
  ];
}

/**
 * A click on a row, its name included, chooses the category or lets it go.
 * @param {Figures} figures
 * @param {number} index
 */
function pick({ rows, chosen }, index) {
  update({ service: rows[index].key === chosen ? "" : rows[index].key });
}

/** @type {import("./kinds.js").Kind<Figures>} */
export const servicesChart = {
  height: ({ rows }) => ROW * rows.length,
  option,
  count: ({ rows }) => rows.length,
  indexAt: (chart, [, y]) => chart.convertFromPixel({ yAxisIndex: 0 }, y),
  words,
  pick,
};
