/* Received and settled by week: a chart and its table. */

import { byId, el } from "../shared/dom.js";
import { count, periodText } from "../shared/format.js";
import { plusDays, today, weeksOf } from "../shared/periods.js";
import { timezone } from "../shared/words.js";
import { showChart } from "./charts/library.js";

/**
 * Shows the rows of a period; what was settled is settled of those received then.
 * @param {Schema<"SummaryRow">[]} rows
 * @param {import("../shared/periods.js").Period} period
 */
export function showWeeks(rows, period) {
  const found = new Map(rows.map((row) => [row.key, row]));
  // Of a hundred years only those are shown in which something happened.
  const weeks = weeksOf(
    period,
    rows.map(({ key }) => key),
  ).map(({ monday, from, to }) => ({
    first: from,
    last: plusDays(to, -1),
    isWhole: plusDays(from, 7) === to && to <= today(timezone),
    ...(found.get(monday) || { ordered: 0, closed: 0 }),
  }));
  byId("weeks-table").replaceChildren(
    ...weeks.map((week) =>
      el(
        "tr",
        {},
        el("th", { scope: "row", text: periodText(week.first, week.last) }),
        el("td", { text: count(week.ordered) }),
        el("td", { text: count(week.closed) }),
      ),
    ),
  );
  showChart("weeks", { weeks });
}
