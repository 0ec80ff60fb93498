/* What the charts show, and what draws each of them. */

/**
 * @typedef {(pixels: number) => number} Scaled a length at the size of the page's letters
 * @typedef {import("echarts").EChartsOption} Option
 * @typedef {Schema<"SummaryRow">} Row
 * @typedef {{ first: string, last: string, isWhole: boolean, ordered: number, closed: number }} Week
 */

/**
 * The figures of each chart.
 * @typedef {{ services: { rows: Row[], chosen: string }, weeks: { weeks: Week[] } }} Figures
 */

/**
 * How a chart is drawn, what it says at a place, and what a click there does.
 * @template F
 * @typedef {object} Kind
 * @property {(figures: F) => number} height in pixels of a desk; 0: whatever room there is
 * @property {(figures: F, px: Scaled) => Option} option
 * @property {(figures: F) => number} count of what can be pointed at
 * @property {(chart: import("echarts").ECharts, at: [number, number]) => number} indexAt
 * @property {(figures: F, index: number) => string[]} words
 * @property {(figures: F, index: number) => void} [pick]
 */

export {};
