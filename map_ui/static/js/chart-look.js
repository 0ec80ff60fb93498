/* What all charts have in common: letters, axes, the words at the pointer. */

import { count } from "./format.js";
import { colour } from "./theme.js";

const FONT = "Microsoft YaHei, PingFang SC, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif";

/** Letters of a chart in the colour `ink`. */
export const letters = (px, ink = "ink-faint", size = 12) => ({
  color: colour(ink), fontFamily: FONT, fontSize: px(size),
});

/** An axis of counts: whole numbers, few lines. */
export const countAxis = (px) => ({
  type: "value",
  minInterval: 1,
  splitNumber: 3,
  axisLabel: letters(px),
  splitLine: { lineStyle: { color: colour("rule") } },
});

/**
 * The words at the pointer. They are drawn like the chart: as HTML they would need
 * inline styles, which our Content-Security-Policy forbids.
 */
export const tooltip = (px) => ({
  trigger: "axis",
  renderMode: "richText",
  confine: true,
  axisPointer: { type: "shadow", shadowStyle: { color: colour("ink"), opacity: 0.06 } },
  backgroundColor: colour("card"),
  borderColor: colour("card-edge"),
  padding: px(8),
  textStyle: letters(px, "ink"),
});

/** What the words at the pointer say of a series: `value(index)`, whatever is drawn. */
export const told = (value) => ({ valueFormatter: (_drawn, index) => count(value(index)) });

/** Text whose braces ECharts does not take for its own marks. */
export function plain(text) {
  return text.replaceAll("{", "｛").replaceAll("}", "｝");
}
