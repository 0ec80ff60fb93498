/* The public heat as a table, for those who do not see it: the same villages, by code. */

import { Problem } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { ask } from "./portal.js";

const byCode = (a, b) => (a.code < b.code ? -1 : Number(a.code > b.code));

/** A band from 1 to 5 in words. */
export const bandName = (band) => [_("very low"), _("low"), _("middling"), _("high"), _("very high")][band - 1];

/** Column and row of the tile of a zoom in which a point lies. */
function tileAt([lon, lat], zoom) {
  const side = 2 ** zoom;
  const angle = (lat * Math.PI) / 180;
  return [(lon + 180) / 360, (1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2].map((share) =>
    Math.min(side - 1, Math.max(0, Math.floor(share * side))),
  );
}

/** The few tiles of the farthest view, which hold all villages together. */
function tilesOf({ bounds: [west, south, east, north], minzoom: zoom }) {
  const [left, top] = tileAt([west, north], zoom);
  const [right, bottom] = tileAt([east, south], zoom);
  const tiles = [];
  for (let x = left; x <= right; x += 1) {
    for (let y = top; y <= bottom; y += 1) tiles.push(`${zoom}/${x}/${y}`);
  }
  return tiles;
}

/** What reads the features of a vector tile's layer; it is of no use before the map stands. */
async function fetchReader() {
  const [{ VectorTile }, { default: Pbf }] = await Promise.all([import("@mapbox/vector-tile"), import("pbf")]);
  return (bytes, name) => {
    const layer = new VectorTile(new Pbf(bytes)).layers[name];
    return Array.from({ length: layer ? layer.length : 0 }, (_none, i) => layer.feature(i).properties);
  };
}

async function villagesOf(tilejson, parameters, featuresIn) {
  const found = new Map();
  await Promise.all(
    tilesOf(tilejson).map(async (tile) => {
      const bytes = await ask(`/tiles/heat/${tile}.mvt`, parameters, (reply) => reply.arrayBuffer());
      if (!bytes) return;
      featuresIn(new Uint8Array(bytes), "villages").forEach((village) => {
        found.set(village.code, village);
      });
    }),
  );
  return [...found.values()].sort(byCode);
}

/** Writes the villages of the heat that `tilejson` describes, and how high each one's is. */
export async function tellHeat(tilejson, parameters) {
  // A browser that knows no import maps, before Chromium 89, shows the picture alone.
  const featuresIn = await fetchReader().catch(() => null);
  if (!featuresIn) return;
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
