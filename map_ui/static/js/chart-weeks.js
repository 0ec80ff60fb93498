/* The chart of the weeks: received as bars, settled of these as a line. */

import { countAxis, letters, told, tooltip } from "./chart-look.js";
import { periodText, shortDay } from "./format.js";
import { colour } from "./theme.js";
import { _ } from "./words.js";

const nameOf = ({ first, last, isWhole }) =>
  [periodText(first, last), isWhole ? "" : _("part of a week")].filter(Boolean).join(" · ");

function option({ weeks }, px) {
  return {
    grid: { left: px(4), right: px(10), top: px(12), bottom: px(2), containLabel: true },
    xAxis: {
      type: "category",
      data: weeks.map(nameOf),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("rule") } },
      axisLabel: {
        hideOverlap: true, formatter: (_name, index) => shortDay(weeks[index].first), ...letters(px),
      },
    },
    yAxis: countAxis(px),
    tooltip: tooltip(px),
    series: [
      {
        name: _("Received"),
        type: "bar",
        color: colour("accent"),
        tooltip: told((index) => weeks[index].ordered),
        barMaxWidth: px(26),
        data: weeks.map(({ ordered, isWhole }) => ({
          // Part of a week is no fall: it is drawn as what it is.
          value: ordered, itemStyle: { opacity: isWhole ? 1 : 0.45 },
        })),
        emphasis: { disabled: true },
      },
      {
        name: _("Settled of these"),
        type: "line",
        color: colour("good"),
        tooltip: told((index) => weeks[index].closed),
        data: weeks.map(({ closed }) => closed),
        symbol: weeks.length > 20 ? "none" : "circle",
        symbolSize: px(6),
        lineStyle: { width: px(2) },
        emphasis: { disabled: true },
      },
    ],
  };
}

export const weeksChart = { height: () => 0, option };
