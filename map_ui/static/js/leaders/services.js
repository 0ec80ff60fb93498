/* Cases by category, in the order of the codes: a chart, its table, and the filter. */

import { byId, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { serviceOptions } from "../shared/services.js";
import { showChart } from "./charts/library.js";
import { update } from "./state.js";

/** @typedef {Schema<"SummaryRow">} Row */

/** @type {(a: Row, b: Row) => number} */
const byKey = (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key));

/**
 * Shows the rows; `chosen` is the code of the filter in force.
 * @param {Row[]} rows
 * @param {string} chosen
 */
export function showServices(rows, chosen) {
  const inOrder = [...rows].sort(byKey);
  byId("services-table").replaceChildren(
    ...inOrder.map((row) =>
      el(
        "tr",
        {
          "data-service": row.key,
          "aria-current": row.key === chosen ? "true" : null,
        },
        el("th", { scope: "row", text: row.name }),
        el("td", { text: count(row.ordered) }),
        el("td", { text: count(row.overdue) }),
      ),
    ),
  );
  byId("services-empty").hidden = inOrder.length > 0;
  showChart("services", { rows: inOrder, chosen });
}

/**
 * Fills the category filter; services are grouped as in the catalogue.
 * @param {Schema<"ServiceOut">[]} items
 * @param {string} chosen
 */
export function fillServiceChoice(items, chosen) {
  const choice = byId("service");
  choice.append(...serviceOptions([...items].sort((a, b) => (a.code < b.code ? -1 : 1))));
  choice.value = chosen;
  choice.addEventListener("change", () => update({ service: choice.value }));
}
