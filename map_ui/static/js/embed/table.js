/* The public heat as a table, for those who do not see it: the same villages, by code. */

import { Problem } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { askBytes } from "./portal.js";
import { tilesOf } from "./tiles.js";

/** @typedef {{ code: string, name: string, rate_band: number }} Village as a tile tells of it */
/** @typedef {(bytes: Uint8Array, layer: string) => Village[]} Reader */

/** @type {(a: Village, b: Village) => number} */
const byCode = (a, b) => (a.code < b.code ? -1 : Number(a.code > b.code));

/** A band from 1 to 5 in words. @param {number} band */
export const bandName = (band) => [_("very low"), _("low"), _("middling"), _("high"), _("very high")][band - 1];

/**
 * What reads the features of a vector tile's layer; it is of no use before the map stands.
 * @returns {Promise<Reader>}
 */
async function fetchReader() {
  const [{ VectorTile }, { default: Pbf }] = await Promise.all([import("@mapbox/vector-tile"), import("pbf")]);
  return (bytes, name) => {
    const layer = new VectorTile(new Pbf(bytes)).layers[name];
    return Array.from(
      { length: layer ? layer.length : 0 },
      (_none, i) => /** @type {Village} */ (/** @type {unknown} */ (layer.feature(i).properties)),
    );
  };
}

/**
 * @param {import("./heat.js").TileJson} tilejson
 * @param {Query} parameters
 * @param {Reader} featuresIn
 */
async function villagesOf(tilejson, parameters, featuresIn) {
  /** @type {Map<string, Village>} */
  const found = new Map();
  const read = async (/** @type {string} */ tile) => {
    const bytes = await askBytes(`/tiles/heat/${tile}.mvt`, parameters);
    if (bytes) for (const village of featuresIn(bytes, "villages")) found.set(village.code, village);
  };
  await Promise.all(tilesOf(tilejson).map(read));
  return [...found.values()].sort(byCode);
}

/**
 * Writes the villages of the heat that `tilejson` describes, and how high each one's is.
 * @param {import("./heat.js").TileJson} tilejson
 * @param {Query} parameters
 */
export async function tellHeat(tilejson, parameters) {
  // A browser that knows no import maps, before Chromium 89, shows the picture alone.
  const featuresIn = await fetchReader().catch(() => null);
  if (!featuresIn) return;
  /** @type {Village[]} */
  let villages;
  try {
    villages = await villagesOf(tilejson, parameters, featuresIn);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return; // the picture is there all the same
  }
  byId("heat-rows").replaceChildren(
    ...villages.map(({ name, rate_band: band }) =>
      el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: bandName(band) })),
    ),
  );
  byId("heat-words").hidden = !villages.length;
  byId("heat-none").hidden = villages.length > 0;
}
