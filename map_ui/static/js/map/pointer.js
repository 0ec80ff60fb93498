/* Which area lies under the pointer: reckoned from the outlines, without drawing any. */

const boxes = new WeakMap();

const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

function boxOf(feature) {
  if (!boxes.has(feature)) {
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
  }
  return boxes.get(feature);
}

/** Whether a line from the point to the north crosses the outlines an odd number of times. */
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

/** The first of `features` that holds the point, or null. */
export function findAt(features, { lng: lon, lat }) {
  return (
    features.find((feature) => {
      const { west, south, east, north } = boxOf(feature);
      return lon >= west && lon <= east && lat >= south && lat <= north && isInside(feature.geometry, lon, lat);
    }) || null
  );
}
