/* Which tiles hold a county. */

/**
 * Column and row of the tile of a zoom in which a point lies.
 * @param {[number, number]} point lon, lat
 * @param {number} zoom
 */
export function tileAt([lon, lat], zoom) {
  const side = 2 ** zoom;
  const angle = (lat * Math.PI) / 180;
  return [(lon + 180) / 360, (1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2].map((share) =>
    Math.min(side - 1, Math.max(0, Math.floor(share * side))),
  );
}

/**
 * The few tiles of the farthest view, which hold everything together: zoom/x/y each.
 * @param {{ bounds: [number, number, number, number], minzoom: number }} tilejson
 */
export function tilesOf({ bounds: [west, south, east, north], minzoom: zoom }) {
  const [left, top] = tileAt([west, north], zoom);
  const [right, bottom] = tileAt([east, south], zoom);
  const tiles = [];
  for (let x = left; x <= right; x += 1) {
    for (let y = top; y <= bottom; y += 1) tiles.push(`${zoom}/${x}/${y}`);
  }
  return tiles;
}
