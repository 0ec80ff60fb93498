/* Figures of the areas below the present one, by code: the map's text form. */

import { byId, el } from "./dom.js";
import { count, rate } from "./format.js";
import { update } from "./state.js";
import { _ } from "./words.js";

const byKey = (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key));

const COLUMNS = [
  { key: "ordered", text: (row) => count(row.ordered) },
  { key: "open", text: (row) => count(row.open) },
  { key: "overdue", text: (row) => count(row.overdue), isLate: (row) => row.overdue > 0 },
  { key: "on_time_rate", text: (row) => rate(row.on_time_rate) },
  { key: "satisfaction", text: (row) => rate(row.satisfaction) },
];

const cells = (row) => COLUMNS.map((column) => el("td", {
  "data-column": column.key, class: column.isLate && column.isLate(row) ? "late" : null, text: column.text(row),
}));

/** Shows `rows`, each leading further down; `place` is the area they lie in. */
export function showChildren({ rows, totals, place, onPoint }) {
  const body = rows.length ? [...rows].sort(byKey).map((row) => {
    const isPlace = row.key === place;
    const name = isPlace ? _("%(name)s itself", { name: row.name }) : row.name;
    const head = !isPlace && row.key
      ? el("button", {
        type: "button", class: "child", "data-area": row.key, text: name,
        onclick: () => update({ area: row.key }),
        onfocus: () => onPoint(row.key), onblur: () => onPoint(null),
      })
      : el("span", { class: "child child--plain", text: name });
    return el("tr", {
      "data-area": row.key, onmouseenter: () => onPoint(row.key), onmouseleave: () => onPoint(null),
    }, el("th", { scope: "row" }, head), cells(row));
  }) : [];
  byId("children-rows").replaceChildren(...body);
  byId("children-sum").replaceChildren(el("tr", {}, el("th", { scope: "row", text: _("Total") }), cells(totals)));
  byId("children-empty").hidden = rows.length > 0;
  byId("children-table").hidden = rows.length === 0;
  byId("children-scroll").removeAttribute("aria-busy");
}
