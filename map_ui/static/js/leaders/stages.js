/* How far the cases have come: the way from ordered to rated, in its own order. */

import { byId, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { _ } from "../shared/words.js";

const steps = () => [
  { name: _("Awaiting acceptance"), stages: ["ordered", "dispatched"] },
  { name: _("Accepted"), stages: ["accepted"] },
  { name: _("Awaiting rating"), stages: ["completed"] },
  { name: _("Rated"), stages: ["rated"] },
  { name: _("Ended otherwise"), stages: ["withdrawn", "rejected", "merged"] },
];

/**
 * Shows how many cases stand at each step now.
 * @param {Schema<"SummaryRow">[]} rows
 */
export function showStages(rows) {
  const found = new Map(rows.map((row) => [row.key, row.ordered]));
  const sum = rows.reduce((total, row) => total + row.ordered, 0);
  byId("stages").replaceChildren(
    ...steps().map(({ name, stages }) => {
      const here = stages.reduce((total, stage) => total + (found.get(stage) || 0), 0);
      const fill = el("span", { class: "stage__fill" });
      fill.style.width = `${sum ? (100 * here) / sum : 0}%`;
      return el(
        "li",
        { class: "stage", "data-stage": stages[stages.length - 1] },
        el("span", { class: "stage__name", text: name, title: name }),
        el("span", { class: "stage__number", text: count(here) }),
        el("span", { class: "stage__track", "aria-hidden": "true" }, fill),
      );
    }),
  );
}
