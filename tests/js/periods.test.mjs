import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { searchOf, stateOf } from "../../map_ui/static/js/leaders/address.js";
import {
  before,
  framesOf,
  isDay,
  lengthOf,
  mondayOf,
  plusDays,
  presets,
  today,
  weeksOf,
} from "../../map_ui/static/js/shared/periods.js";

test("days begin in the county's zone", () => {
  assert.equal(today("Asia/Shanghai", new Date("2026-11-23T16:30:00Z")), "2026-11-24");
  assert.equal(today("Asia/Shanghai", new Date("2026-11-23T15:30:00Z")), "2026-11-23");
});

test("the period before is as long", () => {
  assert.deepEqual(before({ from: "2024-02-01", to: "2024-03-01" }), { from: "2024-01-03", to: "2024-02-01" });
  assert.equal(lengthOf({ from: "2024-02-01", to: "2024-03-01" }), 29);
  assert.equal(plusDays("2024-02-28", 1), "2024-02-29");
});

test("weeks begin on Mondays and end with their period", () => {
  // From a Thursday to a Tuesday.
  assert.deepEqual(weeksOf({ from: "2026-01-01", to: "2026-01-14" }), [
    { monday: "2025-12-29", from: "2026-01-01", to: "2026-01-05" },
    { monday: "2026-01-05", from: "2026-01-05", to: "2026-01-12" },
    { monday: "2026-01-12", from: "2026-01-12", to: "2026-01-14" },
  ]);
  assert.deepEqual(["2026-01-04", "2026-01-05"].map(mondayOf), ["2025-12-29", "2026-01-05"]);
});

test("of a century only the weeks are drawn in which something happened", () => {
  const century = { from: "2000-01-01", to: "2100-01-01" };
  assert.deepEqual(weeksOf(century), []);
  const weeks = weeksOf(century, ["2026-01-05", "2026-01-19"]);
  assert.deepEqual(
    weeks.map(({ monday }) => monday),
    ["2026-01-05", "2026-01-12", "2026-01-19"],
  );
});

test("days that do not exist are refused", () => {
  const days = ["2026-02-28", "2026-02-30", "2026-13-01", "", "20260228", "2026-2-8"];
  assert.deepEqual(days.map(isDay), [true, false, false, false, false, false]);
});

test("the buttons' periods end with today", () => {
  assert.deepEqual(presets("2026-03-01"), {
    today: { from: "2026-03-01", to: "2026-03-02" },
    week: { from: "2026-02-23", to: "2026-03-02" },
    month: { from: "2026-01-31", to: "2026-03-02" },
    year: { from: "2026-01-01", to: "2026-03-02" },
  });
});

test("the slider's months and weeks follow each other without a gap and end today", () => {
  for (const [step, length] of [
    ["month", 12],
    ["week", 52],
  ]) {
    const frames = framesOf(step, "2026-03-31");
    assert.equal(frames.length, length);
    assert.equal(frames.at(-1).to, "2026-04-01");
    frames.slice(1).forEach(({ from }, i) => {
      assert.equal(from, frames[i].to);
    });
  }
  assert.equal(framesOf("month", "2026-03-31")[0].from, "2025-04-01");
});

test("an address names what the page shows; what it cannot name falls back to the last thirty days", () => {
  const shown = stateOf(
    "?area=6201&from=2026-01-01&to=2026-02-01&service=water&list=overdue&play=week&case=x",
    "2026-03-01",
  );
  assert.deepEqual(shown, {
    area: "6201",
    from: "2026-01-01",
    to: "2026-02-01",
    service: "water",
    list: "overdue",
    case: "x",
    play: "week",
  });
  for (const search of ["", "?from=2026-02-30&to=2026-03-01", "?from=2026-02-01&to=2026-02-01", "?from=2026-02-01"]) {
    const { from, to } = stateOf(search, "2026-03-01");
    assert.deepEqual({ from, to }, presets("2026-03-01").month);
  }
  assert.equal(stateOf("?play=decade", "2026-03-01").play, "");
});

test("an address keeps what is not the page's, and drops what is empty", () => {
  const search = "?lang=en&area=6201&list=open";
  const state = { ...stateOf(search, "2026-03-01"), area: "", service: "water" };
  const query = new URLSearchParams(searchOf(search, state));
  assert.equal(query.get("lang"), "en");
  assert.equal(query.has("area"), false);
  assert.equal(query.get("service"), "water");
  assert.deepEqual(stateOf(`?${query}`, "2026-03-01"), state);
});
