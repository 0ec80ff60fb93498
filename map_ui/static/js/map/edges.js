/* Lines of a coverage, each drawn once: two neighbours share their border exactly. */

/** @typedef {{ geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon, properties: { parent_code?: string | null } }} Shape */
/** @typedef {[number, number]} Pair the numbers of a segment's two points */
/** @typedef {GeoJSON.Position[]} Line */
/** @typedef {"outer" | "inner" | "between"} Kind */

// Shapes have five decimals. Numbers are found faster than text, and these fit into one.
const PRECISION = 1e5;
const ROOM = 2 ** 25;

/** @type {(point: GeoJSON.Position) => number} */
const nameOf = ([lon, lat]) => Math.round((lon + 180) * PRECISION) * ROOM + Math.round((lat + 90) * PRECISION);

/** The points of all outlines, each once, under numbers of their own. */
class Points {
  constructor() {
    /** @type {GeoJSON.Position[]} */
    this.all = [];
    /** @type {Map<number, number>} */
    this.numbers = new Map();
  }

  /** @param {GeoJSON.Position} point */
  numberOf(point) {
    const name = nameOf(point);
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.all.push(point) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

/**
 * Every segment once, with the parents of the features beside it.
 * @param {Shape[]} features
 * @param {Points} points
 */
function segmentsOf(features, points) {
  /** @type {Map<number, { ends: Pair, parent?: string | null, other?: string | null }>} */
  const sides = new Map();
  for (const {
    geometry,
    properties: { parent_code: parent },
  } of features) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const ring of polygons.flat()) {
      let from = points.numberOf(ring[0]);
      for (let i = 1; i < ring.length; i += 1) {
        const to = points.numberOf(ring[i]);
        const key = from < to ? from * ROOM + to : to * ROOM + from;
        const side = sides.get(key);
        if (side) side.other = parent;
        else sides.set(key, { ends: [from, to], parent, other: undefined });
        from = to;
      }
    }
  }
  return sides.values();
}

/**
 * Joins segments end to end into as few lines as possible.
 * @param {Pair[]} pairs
 * @param {GeoJSON.Position[]} points
 */
function chain(pairs, points) {
  /** @type {Map<number, number[]>} */
  const meetings = new Map();
  const used = new Uint8Array(pairs.length);
  pairs.forEach((pair, index) => {
    pair.forEach((point) => {
      const meeting = meetings.get(point);
      if (meeting) meeting.push(index);
      else meetings.set(point, [index]);
    });
  });

  const walk = (/** @type {number} */ index, /** @type {number} */ start) => {
    const line = [points[start]];
    let here = start;
    /** @type {number | undefined} */
    let next = index;
    while (next !== undefined) {
      used[next] = 1;
      const [a, b] = pairs[next];
      here = a === here ? b : a;
      line.push(points[here]);
      const meeting = meetings.get(here) || [];
      // A node where three lines meet ends the line; a ring ends where it began.
      next = meeting.length === 2 ? meeting.find((other) => !used[other]) : undefined;
    }
    return line;
  };

  /** @type {Line[]} */
  const lines = [];
  const startAt = (/** @type {(degree: number) => boolean} */ isStart) => {
    pairs.forEach((pair, index) => {
      if (used[index]) return;
      const start = pair.find((point) => isStart((meetings.get(point) || []).length));
      if (start !== undefined) lines.push(walk(index, start));
    });
  };
  startAt((degree) => degree !== 2);
  startAt(() => true);
  return lines;
}

/**
 * The lines of GeoJSON features that cover the land without gaps:
 * `outer` has land on one side only, `inner` lies between features of one parent,
 * `between` lies between features of different parents. Each is a list of
 * [[lon, lat], …]; only the `kinds` that are asked for are joined to lines.
 * @param {Shape[]} features
 * @param {Kind[]} [kinds]
 * @returns {Record<Kind, Line[]>}
 */
export function linesOf(features, kinds = ["outer", "inner", "between"]) {
  const points = new Points();
  /** @type {Record<Kind, Pair[]>} */
  const pairs = { outer: [], inner: [], between: [] };
  for (const { ends, parent, other } of segmentsOf(features, points)) {
    if (other === undefined) pairs.outer.push(ends);
    else if (other === parent) pairs.inner.push(ends);
    else pairs.between.push(ends);
  }
  /** @type {Record<Kind, Line[]>} */
  const lines = { outer: [], inner: [], between: [] };
  for (const kind of kinds) lines[kind] = chain(pairs[kind], points.all);
  return lines;
}
