/* The cards of the present area: what came in, what is open, what is late. */

import { byId, el } from "../shared/dom.js";
import { count, percent, rate } from "../shared/format.js";
import { _ } from "../shared/words.js";

/** @type {(part: number, whole: number) => number | null} */
const share = (part, whole) => (whole ? part / whole : null);

// Below this, or beyond this growth, a percentage says less than the number itself.
const FEW = 30;
const MANYFOLD = 3;

/**
 * @param {number} now
 * @param {number} earlier
 */
function change(now, earlier) {
  if (!earlier) return _("no earlier figures");
  const ratio = now / earlier - 1;
  if (earlier < FEW || ratio > MANYFOLD) return _("before: %(count)s", { count: count(earlier) });
  const sign = ratio > 0 ? "+" : "";
  return _("%(change)s vs before", { change: `${sign}${rate(ratio)}` });
}

/** @typedef {Schema<"TotalsOut">} Totals */

/**
 * A card: what it is called, its number and unit, and what stands beside it.
 * @typedef {object} Card
 * @property {string} key
 * @property {() => string} name
 * @property {(t: Totals) => string} value
 * @property {() => string} unit
 * @property {(t: Totals, earlier: Totals) => string} [note]
 * @property {(t: Totals) => string} [tone]
 * @property {(t: Totals) => number | null} [meter] a share
 */

/** @type {Card[]} */
const CARDS = [
  {
    key: "ordered",
    name: () => _("Received"),
    value: (t) => count(t.ordered),
    unit: () => _("cases"),
    note: (t, earlier) => change(t.ordered, earlier.ordered),
  },
  {
    key: "closed",
    name: () => _("Settled"),
    value: (t) => count(t.closed),
    unit: () => _("cases"),
    note: (t) => _("%(share)s of received", { share: rate(share(t.closed, t.ordered)) }),
  },
  {
    key: "open",
    name: () => _("In progress"),
    value: (t) => count(t.open),
    unit: () => _("cases"),
    note: (t) => _("%(share)s of received", { share: rate(share(t.open, t.ordered)) }),
  },
  {
    key: "overdue",
    name: () => _("Overdue"),
    value: (t) => count(t.overdue),
    unit: () => _("cases"),
    note: (t) => _("%(share)s of open", { share: rate(share(t.overdue, t.open)) }),
    tone: (t) => (t.overdue ? "bad" : "good"),
  },
  {
    key: "on_time_rate",
    name: () => _("Settled on time"),
    value: (t) => percent(t.on_time_rate),
    unit: () => "%",
    meter: (t) => t.on_time_rate,
  },
  {
    key: "satisfaction",
    name: () => _("Satisfaction"),
    value: (t) => percent(t.satisfaction),
    unit: () => "%",
    note: (t) => _("of %(count)s rated", { count: count(t.rated) }),
    meter: (t) => t.satisfaction,
  },
];

/** @param {number | null} value */
function meter(value) {
  const fill = el("span", { class: "meter__fill" });
  fill.style.width = `${(value || 0) * 100}%`;
  return el("span", { class: "meter", "aria-hidden": "true" }, fill);
}

/**
 * @param {Card} kind
 * @param {Totals} totals
 * @param {Totals} earlier
 */
function card(kind, totals, earlier) {
  const value = kind.value(totals);
  const isKnown = value !== "—";
  return el(
    "div",
    { class: "figure", "data-figure": kind.key, "data-tone": kind.tone ? kind.tone(totals) : null },
    el("dt", { class: "figure__name", text: kind.name() }),
    el(
      "dd",
      { class: "figure__value" },
      el("span", { class: "figure__number", text: value }),
      isKnown ? el("span", { class: "figure__unit", text: kind.unit() }) : null,
    ),
    el(
      "dd",
      { class: "figure__note" },
      kind.meter ? meter(kind.meter(totals)) : null,
      kind.note ? el("span", { text: kind.note(totals, earlier) }) : null,
    ),
  );
}

/**
 * Shows the totals; `earlier` are those of the period before.
 * @param {Totals} totals
 * @param {Totals} earlier
 */
export function showOverview(totals, earlier) {
  const list = byId("figures");
  list.replaceChildren(...CARDS.map((kind) => card(kind, totals, earlier)));
  list.removeAttribute("aria-busy");
}

/** Grey places where the cards will be. */
export function awaitOverview() {
  const list = byId("figures");
  list.setAttribute("aria-busy", "true");
  if (list.childElementCount) return;
  list.replaceChildren(
    ...CARDS.map((kind) =>
      el(
        "div",
        { class: "figure figure--waiting" },
        el("dt", { class: "figure__name", text: kind.name() }),
        el("dd", { class: "figure__value" }, el("span", { class: "figure__number", text: "—" })),
      ),
    ),
  );
}
