import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Areas } from "../../map_ui/static/js/map/areas.js";
import { linesOf } from "../../map_ui/static/js/map/edges.js";
import { cut, placeLabels, spread } from "../../map_ui/static/js/map/labels.js";
import { findAt } from "../../map_ui/static/js/map/pointer.js";
import { roundLength } from "../../map_ui/static/js/map/scale.js";

function square(x, y, parent, code = "") {
  const ring = [
    [x, y],
    [x + 1, y],
    [x + 1, y + 1],
    [x, y + 1],
    [x, y],
  ];
  return { properties: { parent_code: parent, code }, geometry: { type: "Polygon", coordinates: [ring] } };
}

const lengthOf = (line) =>
  line.slice(1).reduce((sum, [x, y], i) => sum + Math.abs(x - line[i][0]) + Math.abs(y - line[i][1]), 0);

test("a shared border is drawn once", () => {
  const lines = linesOf([square(0, 0, "a"), square(1, 0, "a"), square(2, 0, "b")]);
  const upright = (line) => [...line].sort((a, b) => a[1] - b[1]);
  assert.deepEqual(lines.inner.map(upright), [
    [
      [1, 0],
      [1, 1],
    ],
  ]);
  assert.deepEqual(lines.between.map(upright), [
    [
      [2, 0],
      [2, 1],
    ],
  ]);
  // One ring, closed.
  assert.equal(lines.outer.length, 1);
  assert.equal(lengthOf(lines.outer[0]), 8);
  assert.deepEqual(lines.outer[0][0], lines.outer[0].at(-1));
});

test("only the kinds of lines that are asked for are joined", () => {
  const lines = linesOf([square(0, 0, "a"), square(1, 0, "a")], ["inner"]);
  assert.equal(lines.inner.length, 1);
  assert.deepEqual(lines.outer, []);
});

test("a hole is an outline of its own", () => {
  const around = [];
  for (const x of [0, 1, 2]) for (const y of [0, 1, 2]) if (x !== 1 || y !== 1) around.push(square(x, y, "a"));
  const lines = linesOf(around);
  assert.deepEqual(
    lines.outer.map(lengthOf).sort((a, b) => a - b),
    [4, 12],
  );
  assert.equal(
    lines.inner.map(lengthOf).reduce((a, b) => a + b),
    8,
  );
});

test("names never lie on each other, nor on what floats over the map", () => {
  const labels = Array.from({ length: 30 }, (_none, i) => ({
    x: 40 + ((47 * i) % 220),
    y: 90 + ((31 * i) % 90),
    width: 60,
    height: 14,
    rank: i,
    key: i,
  }));
  const wall = { left: 0, top: 0, right: 300, bottom: 80 };
  const placed = placeLabels(labels, { width: 300, height: 200 }, { obstacles: [wall] });
  assert.ok(placed.length >= 8 && placed.length < 30);
  assert.equal(placed[0].key, 0);
  const boxes = [...placed, wall];
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) {
      assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
    }
  });
});

test("a long name is cut by characters, and Chinese letters get room", () => {
  assert.equal(cut("镇"), "镇");
  assert.equal([...cut("𠀀".repeat(30))].length, 20);
  assert.ok(cut("村".repeat(21)).endsWith("…"));
  assert.equal(spread("Town"), "Town");
  assert.equal(spread("云山"), "云\u200a\u200a山");
});

test("the area under the pointer is found by its outline, holes left out", () => {
  const [a, b] = [square(0, 0, "x", "a"), square(2, 0, "x", "b")];
  assert.equal(findAt([a, b], { lng: 0.5, lat: 0.5 }), a);
  assert.equal(findAt([a, b], { lng: 2.5, lat: 0.5 }), b);
  assert.equal(findAt([a, b], { lng: 1.5, lat: 0.5 }), null);
  const ring = (from, to) => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ];
  const holed = { geometry: { type: "MultiPolygon", coordinates: [[ring(0, 4), ring(1, 3)]] } };
  assert.equal(findAt([holed], { lng: 2, lat: 2 }), null);
  assert.equal(findAt([holed], { lng: 3.5, lat: 2 }), holed);
});

test("the scale is a round length", () => {
  for (const [metres, length] of [
    [1999, 1000],
    [2000, 2000],
    [4999, 2000],
    [5000, 5000],
    [87, 50],
  ]) {
    assert.deepEqual(roundLength(metres, 110), { length, width: Math.round((110 * length) / metres) });
  }
});

const county = new Areas();
for (const [code, type, parent] of [
  ["c", "county", null],
  ["t1", "town", "c"],
  ["t2", "town", "c"],
  ["v1", "village", "t1"],
  ["v2", "village", "t2"],
  ["g1", "group", "v1"],
]) {
  county.add({ code, name: code, type, parent_code: parent });
}
county.features = {
  town: [square(0, 0, "c", "t1"), square(1, 0, "c", "t2")],
  village: [square(0, 0, "t1", "v1")],
  group: [],
};

test("a click leads one step down from what both places have in common", () => {
  assert.equal(county.stepTowards("g1", "c"), "t1");
  assert.equal(county.stepTowards("g1", "t1"), "v1");
  assert.equal(county.stepTowards("v2", "v1"), "t2");
  assert.equal(county.stepTowards("v1", "v1"), "v1");
  assert.equal(county.stepTowards("unknown", "c"), null);
});

test("areas know their lineage, their parts and their shapes", () => {
  assert.deepEqual(
    county.lineage("g1").map(({ code }) => code),
    ["c", "t1", "v1", "g1"],
  );
  assert.deepEqual(
    county.children("c").map(({ code }) => code),
    ["t1", "t2"],
  );
  assert.equal(county.find(null), null);
  assert.equal(county.featuresOf("c"), county.features.town);
  assert.deepEqual(county.featuresOf("v1"), county.features.village);
  assert.deepEqual(county.featuresOf("v2"), []);
});
