/* The public heat: tiles under the version that TileJSON names, fetched without cookies. */

import { byId } from "./dom.js";
import { ask, wanted } from "./embed-asking.js";
import { tellHeat } from "./embed-words.js";
import { map } from "./map.js";
import { _ } from "./words.js";

/* global heat_tiles_main */
const heat = heat_tiles_main;
const OPACITY = 0.85;

// An <img> would send the cookies of who is signed in here, and show more than is public.
async function paint(image, address) {
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error(`${response.status}`);
  image.src = URL.createObjectURL(await response.blob());
  await image.decode();
  URL.revokeObjectURL(image.src);
}

function createTile(coords, done) {
  const image = document.createElement("img");
  image.alt = "";
  paint(image, this.getTileUrl(coords)).then(() => done(null, image), (error) => done(error, image));
  return image;
}

function say(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = !text;
}

/** Shows the heat of the wanted period: whole months, whole villages. */
export async function showPublicHeat() {
  const { from, to } = wanted;
  const tilejson = await ask("/tiles/heat.json", { from, to });
  // The tiles' own address may be that of a proxy; the query is what matters.
  const parameters = new URL(tilejson.tiles[0]).searchParams;
  heat.options.query = parameters.toString();
  heat.createTile = createTile;
  heat.on("tileerror", () => say("heat-note", _("Part of the heat could not be loaded")));
  heat.setOpacity(OPACITY).addTo(map);
  byId("legend").hidden = false;
  let period = _("The last twelve whole months");
  if (from && to) period = _("Whole months from %(from)s until %(to)s", { from, to });
  else if (from) period = _("Whole months from %(from)s", { from });
  else if (to) period = _("Twelve whole months until %(to)s", { to });
  say("period", period);
  await tellHeat(tilejson, Object.fromEntries(parameters));
}
