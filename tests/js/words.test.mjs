import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { callerName, detailText } from "../../map_ui/static/js/admin/audit-words.js";
import { termText } from "../../map_ui/static/js/admin/duty-words.js";
import { layerName, mayName } from "../../map_ui/static/js/admin/grants.js";
import { periodName } from "../../map_ui/static/js/embed/periods.js";
import { dueText as leadersDueText } from "../../map_ui/static/js/leaders/deadlines.js";
import { dutyName, handlerText, residentsHandlerText } from "../../map_ui/static/js/shared/duties.js";
import { count, listed, percent, periodText, rate, shortDay } from "../../map_ui/static/js/shared/format.js";
import { doerName, isReminded, saidWith } from "../../map_ui/static/js/shared/history.js";
import { addressText, placeText } from "../../map_ui/static/js/shared/places.js";
import { ratingName, ratingText } from "../../map_ui/static/js/shared/ratings.js";
import { reasonName } from "../../map_ui/static/js/shared/reasons.js";
import { deadline } from "../../map_ui/static/js/shared/resident/deadlines.js";
import { stageName } from "../../map_ui/static/js/shared/stages.js";
import { _, ngettext } from "../../map_ui/static/js/shared/words.js";
import { isOverdue, whenText, dueText as workersDueText } from "../../map_ui/static/js/work/deadlines.js";

test("numbers and days are written as people write them; nothing is a dash", () => {
  assert.deepEqual([1286, 0, null, undefined].map(count), ["1,286", "0", "—", "—"]);
  assert.deepEqual([0.942, 0, null].map(percent), ["94.2", "0.0", "—"]);
  assert.deepEqual([1, 0.942, 0, null].map(rate), ["100%", "94.2%", "0.0%", "—"]);
  assert.equal(shortDay("2026-01-09"), "1/9");
  assert.equal(periodText("2026-01-01", "2026-01-01"), "2026-01-01");
  assert.equal(periodText("2026-01-01", "2026-01-31"), "2026-01-01 to 2026-01-31");
  assert.equal(listed([]), "—");
  assert.equal(listed(["a", "b"]), "a, b");
});

test("a text of somebody else is set apart in a sentence, and never read as a place of its own", () => {
  assert.equal(_("Saved: %(name)s", { name: "%(name)s" }), "Saved: %(name)s");
  assert.equal(_("Saved: %(name)s", { name: "\u05d0" }), "Saved: \u2068\u05d0\u2069");
  assert.equal(_("Saved: %(name)s"), "Saved: %(name)s");
  assert.equal(ngettext("%(count)s day", "%(count)s days", 1), "1 day");
  assert.equal(ngettext("%(count)s day", "%(count)s days", 2), "2 days");
});

test("leaders read how much time is left, how late it is, and whether it was in time", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  const due = (due_at, rest = {}) => leadersDueText({ status: "open", due_at, completed_at: null, ...rest }, now);
  assert.equal(due("2026-03-12T13:00:00Z"), "due in 2 days");
  assert.equal(due("2026-03-10T12:20:00Z"), "due in 1 hour");
  assert.equal(due("2026-03-09T11:00:00Z"), "overdue for 1 day");
  const closed = { status: "closed", completed_at: "2026-03-08T12:00:00Z" };
  assert.equal(due("2026-03-09T12:00:00Z", closed), "settled in time");
  assert.equal(due("2026-03-08T07:00:00Z", closed), "settled 5 hours late");
  assert.equal(due("2026-03-09T12:00:00Z", { status: "closed" }), "");
});

test("handlers read a deadline by the county's clock; midnight belongs to the day that ends", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  const item = {
    status: "open",
    due_at: "2026-03-11T16:00:00Z",
    completed_at: null,
    updated_at: "2026-03-10T00:00:00Z",
    is_overdue: false,
  };
  assert.equal(workersDueText(item, now), "Due 03/11, 24:00");
  assert.equal(workersDueText({ ...item, due_at: "2026-03-11T09:30:00Z" }, now), "Due 03/11, 17:30");
  assert.equal(workersDueText({ ...item, due_at: "2026-03-10T09:30:00Z" }, now), "Overdue by 3 hours");
  assert.equal(workersDueText({ ...item, due_at: "2026-03-07T12:00:00Z" }, now), "Overdue by 3 days");
  assert.equal(workersDueText({ ...item, status: "closed" }, now), `Ended ${whenText(item.updated_at)}`);
  assert.equal(isOverdue(item, now), false);
  assert.equal(isOverdue({ ...item, is_overdue: true }, now), true);
  assert.equal(isOverdue({ ...item, due_at: "2026-03-10T11:59:00Z" }, now), true);
  assert.equal(isOverdue({ ...item, status: "closed", is_overdue: true }, now), false);
});

test("a resident reads midnight as the end of the day before", () => {
  assert.equal(deadline("2026-03-11T16:00:00Z"), "end of March 11, 2026");
  assert.match(deadline("2026-03-11T09:30:00Z"), /March 11, 2026.*17:30/);
});

test("a code of a newer service is shown as it is, or not at all", () => {
  assert.equal(stageName("completed"), "Awaiting rating");
  assert.equal(stageName("completed", "worker"), "Completed");
  assert.equal(stageName("frozen", "resident"), "frozen");
  assert.equal(dutyName("grid"), "grid worker");
  assert.deepEqual([dutyName("watch"), dutyName(null)], ["", ""]);
  assert.deepEqual(
    [reasonName("other"), reasonName("person_ended"), reasonName("二次漏水")],
    ["Another reason", "Who held it has left", "二次漏水"],
  );
  assert.deepEqual(
    [ratingName("satisfied"), ratingName("satisfied", "resident"), ratingName(null), ratingName("wow")],
    ["Content", "Satisfied with it", "", "wow"],
  );
  assert.deepEqual(
    [layerName("heat"), layerName("roads"), mayName("order"), mayName("fly")],
    ["Heat by village", "", "Send orders", "fly"],
  );
});

test("who handles it and where it lies are said for staff and for residents", () => {
  const handler = { name: "李*", duty: "village_desk", person_id: null };
  assert.equal(handlerText(handler), "李* · village desk");
  assert.equal(residentsHandlerText(handler), "李* (village office)");
  assert.equal(residentsHandlerText({ name: "李*", duty: null }), "李*");
  const areas = [
    { type: "county", name: "县" },
    { type: "town", name: "镇" },
    { type: "village", name: "村" },
  ];
  assert.equal(placeText(areas), "镇 村");
  assert.equal(placeText(areas.slice(0, 1)), "县");
  assert.equal(placeText(null), "");
  assert.equal(addressText({ areas, address: "井边" }), "镇 · 村 · 井边");
});

test("what was said with an event is read in order, and who did it as far as it is told", () => {
  const event = {
    verb: "rate",
    by: { kind: "anonymous", name: "" },
    note: "好",
    detail: { score: "satisfied", by: "found" },
  };
  assert.deepEqual(saidWith(event), ["Content", "好", "by number and phone digits"]);
  assert.deepEqual(saidWith({ ...event, note: "", detail: {} }), []);
  assert.equal(doerName(event), "Resident");
  assert.equal(doerName({ ...event, by: { kind: "account", name: "李*" } }), "李*");
  assert.equal(doerName({ ...event, verb: "hand_on" }), "System");
  assert.equal(ratingText({ rating: "unsatisfied", rated_by: "callback" }), "Not content · by call-back");
  assert.equal(isReminded({ status: "open", reminded_at: "2026-01-01" }), true);
  assert.equal(isReminded({ status: "closed", reminded_at: "2026-01-01" }), false);
});

test("a duty's term names its last day", () => {
  assert.equal(termText({ valid_from: "2026-01-01", valid_to: null }), "from 2026-01-01");
  assert.equal(termText({ valid_from: "2026-01-01", valid_to: "2026-02-01" }), "2026-01-01 to 2026-01-31");
  assert.equal(termText({ valid_from: "2026-01-01", valid_to: "2026-01-01" }), "2026-01-01");
});

test("the audit says what changed, and shows what is newer as it is recorded", () => {
  assert.equal(
    detailText({
      fields: ["phone", "role"],
      detail: { role: { from: "handler", to: "auditor" }, by: "server", is_locked: true, novel: ["a", "b"] },
    }),
    "Telephone · Role: Handler → Auditor · Lock: Yes · novel: a, b",
  );
  assert.equal(callerName({ caller_kind: "account", detail: { by: "server" } }), "At the server");
  assert.equal(callerName({ caller_kind: "resident", detail: {} }), "A resident");
  assert.equal(callerName({ caller_kind: "anonymous", detail: {} }), "Not signed in");
});

test("published periods have names", () => {
  const period = (kind, from) => periodName({ kind, from, to: "", published_at: "" });
  assert.equal(period("quarter", "2026-07-01"), "Quarter 3 of 2026");
  assert.equal(period("month", "2026-07-01"), "July 2026");
  assert.equal(period("twelve_months", "2025-08-01"), "The last twelve months");
});
