/* The choice of published periods and groups of services. */

import { byId, el } from "../shared/dom.js";
import { _, language } from "../shared/words.js";

/** @typedef {{ kind: string, from: string, to: string, published_at: string }} Period */

/**
 * What has been published, and what of it is shown.
 * @typedef {object} Published
 * @property {Period | null} period
 * @property {string | null} group
 * @property {Period[]} periods
 * @property {string[]} groups
 * @property {{ band: number, color: string, opacity: number }[]} bands
 */

const monthName = new Intl.DateTimeFormat(language, { year: "numeric", month: "long", timeZone: "UTC" });

/** A period in words. @param {Period} period */
export function periodName({ kind, from }) {
  if (kind === "twelve_months") return _("The last twelve months");
  const [year, month] = from.split("-").map(Number);
  if (kind === "quarter") {
    return _("Quarter %(number)s of %(year)s", { number: (month + 2) / 3, year });
  }
  return monthName.format(new Date(`${from}T00:00:00Z`));
}

const choiceOf = (/** @type {Period} */ { from, to }) => `${from}/${to}`;

/** @param {Period[]} periods */
function optionsOf(periods) {
  return periods.map((period) => el("option", { value: choiceOf(period), text: periodName(period) }));
}

/** Fills both choices with what may be asked for; what is shown is chosen. @param {Published} published */
export function fillPeriods({ period, group, periods, groups }) {
  const of = (/** @type {string} */ wanted) => periods.filter(({ kind }) => kind === wanted);
  /** @type {[string, Period[]][]} */
  const kinds = [
    [_("Quarters"), of("quarter")],
    [_("Months"), of("month")],
  ];
  const parts = kinds
    .filter(([, found]) => found.length)
    .map(([name, found]) => el("optgroup", { label: name }, optionsOf(found)));
  byId("period").replaceChildren(...optionsOf(of("twelve_months")), ...parts);
  if (period) byId("period").value = choiceOf(period);
  byId("group").replaceChildren(
    el("option", { value: "", text: _("All categories") }),
    ...groups.map((name) => el("option", { value: name, text: name })),
  );
  byId("group").value = group || "";
  byId("asked").hidden = !periods.length;
}
