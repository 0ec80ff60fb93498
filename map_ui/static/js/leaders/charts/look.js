/* What all charts have in common: letters, axes, the shade at the pointer. */

import { colour } from "../../shared/theme.js";

/** @typedef {import("./kinds.js").Scaled} Scaled */

const FONT = "Microsoft YaHei, PingFang SC, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif";

/**
 * Letters of a chart in the colour `ink`.
 * @type {(px: Scaled, ink?: string, size?: number) => { color: string, fontFamily: string, fontSize: number }}
 */
export const letters = (px, ink = "ink-faint", size = 12) => ({
  color: colour(ink),
  fontFamily: FONT,
  fontSize: px(size),
});

/**
 * An axis of counts: whole numbers, few lines.
 * @type {(px: Scaled) => import("echarts").YAXisComponentOption}
 */
export const countAxis = (px) => ({
  type: "value",
  minInterval: 1,
  splitNumber: 3,
  axisLabel: letters(px),
  splitLine: { lineStyle: { color: colour("rule") } },
});

/**
 * The shade over what is pointed at. The words beside it are the page's own: ECharts
 * would write them with inline styles, which our Content-Security-Policy forbids.
 * @type {() => NonNullable<import("echarts").YAXisComponentOption["axisPointer"]>}
 */
export const shade = () => ({
  show: true,
  type: "shadow",
  label: { show: false },
  shadowStyle: { color: colour("ink"), opacity: 0.06 },
});
