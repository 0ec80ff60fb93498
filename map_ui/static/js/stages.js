/* How far the cases have come: the way from ordered to rated, in its own order. */

import { byId, el } from "./dom.js";
import { count } from "./format.js";

// The path of a case; whatever else a stage may be called stands behind it.
const PATH = ["ordered", "dispatched", "accepted", "completed", "rated"];

const step = ({ key }) => (PATH.includes(key) ? PATH.indexOf(key) : PATH.length);

/** Shows how many cases stand at each stage now. */
export function showStages(rows) {
  const inOrder = rows.filter((row) => row.ordered).sort((a, b) => step(a) - step(b));
  const sum = inOrder.reduce((total, row) => total + row.ordered, 0);
  byId("stages").replaceChildren(...inOrder.map((row) => {
    const fill = el("span", { class: "stage__fill" });
    fill.style.width = `${(100 * row.ordered) / sum}%`;
    return el("li", { class: "stage", "data-stage": row.key },
      el("span", { class: "stage__name", text: row.name }),
      el("span", { class: "stage__number", text: count(row.ordered) }),
      el("span", { class: "stage__track", "aria-hidden": "true" }, fill));
  }));
  byId("stages-empty").hidden = inOrder.length > 0;
}
