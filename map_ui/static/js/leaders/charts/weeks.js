/* The chart of the weeks: received as bars, settled of these as a line. */

import { count, periodText, shortDay } from "../../shared/format.js";
import { colour } from "../../shared/theme.js";
import { _ } from "../../shared/words.js";
import { countAxis, letters, shade } from "./look.js";

/** @typedef {import("./kinds.js").Figures["weeks"]} Figures */

/**
 * @param {Figures} figures
 * @param {import("./kinds.js").Scaled} px
 * @returns {import("./kinds.js").Option}
 */
function option({ weeks }, px) {
  return {
    grid: { left: px(4), right: px(10), top: px(12), bottom: px(2), containLabel: true },
    xAxis: {
      type: "category",
      axisPointer: shade(),
      data: weeks.map(({ first }) => shortDay(first)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("rule") } },
      axisLabel: { hideOverlap: true, ...letters(px) },
    },
    yAxis: countAxis(px),
    series: [
      {
        name: _("Received"),
        type: "bar",
        color: colour("accent"),
        barMaxWidth: px(26),
        data: weeks.map(({ ordered, isWhole }) => ({
          // Part of a week is no fall: it is drawn as what it is.
          value: ordered,
          itemStyle: { opacity: isWhole ? 1 : 0.45 },
        })),
        emphasis: { disabled: true },
      },
      {
        name: _("Settled of these"),
        type: "line",
        color: colour("good"),
        data: weeks.map(({ closed }) => closed),
        symbol: weeks.length > 20 ? "none" : "circle",
        symbolSize: px(6),
        lineStyle: { width: px(2) },
        emphasis: { disabled: true },
      },
    ],
  };
}

/**
 * @param {Figures} figures
 * @param {number} index
 */
function words({ weeks }, index) {
  const { first, last, isWhole, ordered, closed } = weeks[index];
  return [
    periodText(first, last),
    ...(isWhole ? [] : [_("part of a week")]),
    _("received %(ordered)s · settled of these %(closed)s", {
      ordered: count(ordered),
      closed: count(closed),
    }),
  ];
}

/** @type {import("./kinds.js").Kind<Figures>} */
export const weeksChart = {
  height: () => 0,
  option,
  count: ({ weeks }) => weeks.length,
  indexAt: (chart, [x]) => chart.convertFromPixel({ xAxisIndex: 0 }, x),
  words,
};
