/* Lines of a coverage, each drawn once: two neighbours share their border exactly. */

function* segments(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  for (const polygon of polygons) {
    for (const ring of polygon) {
      for (let i = 1; i < ring.length; i += 1) yield [ring[i - 1], ring[i]];
    }
  }
}

const nameOf = (point) => `${point[0]},${point[1]}`;

/** Joins segments end to end into as few lines as possible. */
function chain(pairs) {
  const ends = new Map();
  const used = new Set();
  const at = (point) => {
    const name = nameOf(point);
    if (!ends.has(name)) ends.set(name, []);
    return ends.get(name);
  };
  pairs.forEach((pair, index) => {
    at(pair[0]).push(index);
    at(pair[1]).push(index);
  });

  const walk = (index, start) => {
    const line = [start];
    let here = start;
    let next = index;
    while (next !== undefined) {
      used.add(next);
      const [a, b] = pairs[next];
      here = nameOf(a) === nameOf(here) ? b : a;
      line.push(here);
      const meeting = at(here);
      // A node where three lines meet ends the line; a ring ends where it began.
      next = meeting.length === 2 ? meeting.find((other) => !used.has(other)) : undefined;
    }
    return line;
  };

  const lines = [];
  const startAt = (isStart) => {
    pairs.forEach((pair, index) => {
      if (used.has(index)) return;
      const start = pair.find((point) => isStart(at(point).length));
      if (start) lines.push(walk(index, start));
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
 * [[lon, lat], …].
 */
export function linesOf(features) {
  const sides = new Map();
  for (const feature of features) {
    for (const [a, b] of segments(feature.geometry)) {
      const [first, second] = [nameOf(a), nameOf(b)].sort();
      const key = `${first} ${second}`;
      const side = sides.get(key);
      if (side) side.parents.push(feature.properties.parent_code);
      else sides.set(key, { pair: [a, b], parents: [feature.properties.parent_code] });
    }
  }
  const outer = [];
  const inner = [];
  const between = [];
  for (const { pair, parents } of sides.values()) {
    if (parents.length === 1) outer.push(pair);
    else if (parents[0] === parents[1]) inner.push(pair);
    else between.push(pair);
  }
  return { outer: chain(outer), inner: chain(inner), between: chain(between) };
}
