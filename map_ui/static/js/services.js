/* Cases by category: bars in the order of the codes, each a filter. */

import { byId, el } from "./dom.js";
import { count } from "./format.js";
import { update } from "./state.js";
import { _ } from "./words.js";

const byKey = (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key));

/** Shows one bar per category; `chosen` is the code of the filter in force. */
export function showServices(rows, chosen) {
  const most = Math.max(1, ...rows.map((row) => row.ordered));
  const bars = [...rows].sort(byKey).map((row) => {
    const isChosen = row.key === chosen;
    const fill = el("span", { class: "bar__fill" });
    fill.style.width = `${(row.ordered / most) * 100}%`;
    const late = el("span", { class: "bar__late" });
    late.style.width = `${(row.overdue / most) * 100}%`;
    return el("li", {},
      el("button", {
        type: "button", class: "bar", "data-service": row.key, "aria-pressed": String(isChosen),
        onclick: () => update({ service: isChosen ? "" : row.key }),
      },
      el("span", { class: "bar__name", text: row.name, title: row.name }),
      el("span", { class: "bar__track", "aria-hidden": "true" }, fill, late),
      el("span", { class: "bar__number", text: count(row.ordered) }),
      row.overdue
        ? el("span", { class: "unseen", text: _("%(count)s overdue", { count: count(row.overdue) }) })
        : null));
  });
  byId("services").replaceChildren(...bars);
  byId("services-empty").hidden = bars.length > 0;
}

/** Fills the category filter; services are grouped as in the catalogue. */
export function fillServiceChoice(items, chosen) {
  const choice = byId("service");
  const groups = new Map();
  for (const item of [...items].sort((a, b) => (a.code < b.code ? -1 : 1))) {
    const name = item.group || "";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(el("option", { value: item.code, text: item.name }));
  }
  for (const [name, options] of groups) {
    choice.append(...(name ? [el("optgroup", { label: name }, options)] : options));
  }
  choice.value = chosen;
  choice.addEventListener("change", () => update({ service: choice.value }));
}
