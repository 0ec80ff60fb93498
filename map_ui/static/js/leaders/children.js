/* Figures of the areas below the present one, by code: the map's text form. */

import { byId, el } from "../shared/dom.js";
import { count, rate } from "../shared/format.js";
import { _ } from "../shared/words.js";
import { update } from "./state.js";

/** @typedef {Schema<"SummaryRow">} Row */
/** @typedef {Pick<Row, "ordered" | "open" | "overdue" | "on_time_rate" | "satisfaction">} Counts */
/** @typedef {(code: string | null) => void} OnPoint */

/** @type {(a: Row, b: Row) => number} */
const byKey = (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key));

/** @type {{ key: string, text: (row: Counts) => string, isLate?: (row: Counts) => boolean }[]} */
const COLUMNS = [
  { key: "ordered", text: (row) => count(row.ordered) },
  { key: "open", text: (row) => count(row.open) },
  { key: "overdue", text: (row) => count(row.overdue), isLate: (row) => row.overdue > 0 },
  { key: "on_time_rate", text: (row) => rate(row.on_time_rate) },
  { key: "satisfaction", text: (row) => rate(row.satisfaction) },
];

const cells = (/** @type {Counts} */ row) =>
  COLUMNS.map((column) =>
    el("td", {
      "data-column": column.key,
      class: column.isLate?.(row) ? "late" : null,
      text: column.text(row),
    }),
  );

/**
 * What lies in the area itself and in none of its parts; null when there is nothing.
 * @param {Row[]} rows
 * @param {Counts} totals
 */
function rest(rows, totals) {
  const left = (/** @type {"ordered" | "open" | "overdue"} */ key) =>
    totals[key] - rows.reduce((sum, row) => sum + row[key], 0);
  const [ordered, open, overdue] = [left("ordered"), left("open"), left("overdue")];
  return ordered > 0 ? { ordered, open, overdue, on_time_rate: null, satisfaction: null } : null;
}

/**
 * @param {Node | string} head
 * @param {Counts} row
 * @param {Attributes} [attributes]
 */
function line(head, row, attributes = {}) {
  return el("tr", attributes, el("th", { scope: "row" }, head), cells(row));
}

/**
 * @param {Row} row
 * @param {OnPoint} onPoint
 */
function child(row, onPoint) {
  const button = el("button", {
    type: "button",
    class: "child",
    text: row.name,
    onclick: () => update({ area: row.key }),
    onfocus: () => onPoint(row.key),
    onblur: () => onPoint(null),
  });
  return line(button, row, {
    "data-area": row.key,
    onmouseenter: () => onPoint(row.key),
    onmouseleave: () => onPoint(null),
  });
}

/**
 * Shows `rows`, each leading further down, and what is left of `totals` without them.
 * @param {Pick<Schema<"SummaryOut">, "rows" | "totals" | "area"> & { onPoint: OnPoint }} figures
 */
export function showChildren({ rows, totals, area, onPoint }) {
  const parts = rows.filter((row) => row.key).sort(byKey);
  const left = parts.length ? rest(parts, totals) : null;
  const plain = (/** @type {string} */ text) => el("span", { class: "child child--plain", text });
  byId("children-rows").replaceChildren(...parts.map((row) => child(row, onPoint)));
  if (left) byId("children-rows").append(line(plain(_("%(name)s itself", { name: area?.name || "" })), left));
  byId("children-sum").replaceChildren(line(_("Total"), totals));
  byId("children-empty").hidden = parts.length > 0;
  byId("children-table").hidden = parts.length === 0;
  byId("children-scroll").removeAttribute("aria-busy");
}
