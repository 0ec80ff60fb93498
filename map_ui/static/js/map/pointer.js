/* Which area lies under the pointer: reckoned from the outlines, without drawing any. */

/** @typedef {{ geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon }} Shape */
/** @typedef {{ west: number, south: number, east: number, north: number }} Box */

/** @type {WeakMap<Shape, Box>} */
const boxes = new WeakMap();

/** @type {(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon) => GeoJSON.Position[][]} */
const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

/**
 * @param {Shape} feature
 * @returns {Box}
 */
function boxOf(feature) {
  const known = boxes.get(feature);
  if (known) return known;
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const ring of ringsOf(feature.geometry)) {
    for (const [lon, lat] of ring) {
      box.west = Math.min(box.west, lon);
      box.east = Math.max(box.east, lon);
      box.south = Math.min(box.south, lat);
      box.north = Math.max(box.north, lat);
    }
  }
  boxes.set(feature, box);
  return box;
}

/**
 * Whether a line from the point to the north crosses the outlines an odd number of times.
 * @param {GeoJSON.Polygon | GeoJSON.MultiPolygon} geometry
 * @param {number} lon
 * @param {number} lat
 */
function isInside(geometry, lon, lat) {
  let isOdd = false;
  for (const ring of ringsOf(geometry)) {
    for (let i = 1; i < ring.length; i += 1) {
      const [[x1, y1], [x2, y2]] = [ring[i - 1], ring[i]];
      if (x1 > lon !== x2 > lon && lat < y1 + ((lon - x1) * (y2 - y1)) / (x2 - x1)) isOdd = !isOdd;
    }
  }
  return isOdd;
}

/**
 * The first of `features` that holds the point, or null.
 * @template {Shape} F
 * @param {F[]} features
 * @param {{ lng: number, lat: number }} point
 * @returns {F | null}
 */
export function findAt(features, { lng: lon, lat }) {
  return (
    features.find((feature) => {
      const { west, south, east, north } = boxOf(feature);
      return lon >= west && lon <= east && lat >= south && lat <= north && isInside(feature.geometry, lon, lat);
    }) || null
  );
}
