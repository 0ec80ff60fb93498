/* The public heat: tiles under the version that TileJSON names, fetched without cookies. */

import { map } from "../map/view.js";
import { Problem } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { periodText } from "../shared/format.js";
import { plusDays } from "../shared/periods.js";
import { _ } from "../shared/words.js";
import { fillPeriods } from "./periods.js";
import { ask, wanted } from "./portal.js";
import { bandName, tellHeat } from "./table.js";

/**
 * What describes the tiles; the stored OpenAPI file says of it that it is an object.
 * @typedef {object} TileJson
 * @property {string[]} tiles
 * @property {[number, number, number, number]} bounds
 * @property {number} minzoom
 * @property {import("./periods.js").Published} published
 */

const heat = heat_tiles_main;
const OPACITY = 0.85;

// An <img> would send the cookies of who is signed in here, and show more than is public.
/**
 * @param {HTMLImageElement} image
 * @param {string} address
 */
async function paint(image, address) {
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error(`${response.status}`);
  image.src = URL.createObjectURL(await response.blob());
  await image.decode();
  URL.revokeObjectURL(image.src);
}

/**
 * @this {import("leaflet").TileLayer}
 * @param {import("leaflet").Coords} coords
 * @param {(error: Error | undefined, image: HTMLElement) => void} done
 */
function createTile(coords, done) {
  const image = document.createElement("img");
  image.alt = "";
  paint(image, this.getTileUrl(coords)).then(
    () => done(undefined, image),
    (error) => done(error, image),
  );
  return image;
}

/**
 * @param {"told" | "heat-note"} id
 * @param {string} text
 */
function say(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = !text;
}

/** @typedef {import("./periods.js").Published["bands"][number]} Band */

/** @param {Band} band */
function swatch({ color, opacity }) {
  const mark = el("span", { class: "legend__tint", "aria-hidden": "true" });
  mark.style.backgroundColor = color;
  mark.style.opacity = String(opacity * OPACITY);
  return mark;
}

/** @param {Band[]} bands */
function showLegend(bands) {
  byId("legend-bands").replaceChildren(
    ...bands.map((band) => el("li", {}, swatch(band), bandName(band.band))),
    el("li", {}, el("span", { class: "legend__tint legend__tint--none", "aria-hidden": "true" }), _("not told")),
  );
  byId("legend").hidden = false;
}

/** @param {import("./periods.js").Period | null} period */
function tellWhen(period) {
  if (!period) {
    say("told", _("Nothing has been published yet"));
    return;
  }
  say(
    "told",
    _("%(period)s, published on %(day)s in bands", {
      period: periodText(period.from, plusDays(period.to, -1)),
      day: period.published_at.slice(0, 10),
    }),
  );
}

/** Shows the heat of `asked`, a published period of all services or of one group. @param {Query} asked */
async function show(asked) {
  const tilejson = /** @type {TileJson} */ (await ask("/tiles/heat.json", asked));
  // The tiles' own address may be that of a proxy; the query is what matters.
  const parameters = new URL(tilejson.tiles[0]).searchParams;
  say("heat-note", "");
  heat.options.query = parameters.toString();
  heat.remove().addTo(map);
  fillPeriods(tilejson.published);
  tellWhen(tilejson.published.period);
  showLegend(tilejson.published.bands);
  await tellHeat(tilejson, Object.fromEntries(parameters));
}

/** Shows the heat of the wanted period and group; the visitor may choose others. */
export async function showPublicHeat() {
  Object.assign(heat, { createTile });
  heat.setOpacity(OPACITY);
  heat.on("tileerror", () => say("heat-note", _("Part of the heat could not be loaded")));
  const { from, to, group } = wanted;
  await show({ from, to, group });
  const change = (/** @type {Event} */ event) => {
    const [since, until] = byId("period").value.split("/");
    // A group is told of other periods than all services: the longest is there for both.
    const isLongest = event.target === byId("group") || byId("period").selectedOptions[0].parentNode === byId("period");
    const period = isLongest ? {} : { from: since, to: until };
    show({ ...period, group: byId("group").value }).catch((error) => {
      if (!(error instanceof Problem)) throw error;
      say("heat-note", error.message);
    });
  };
  byId("period").addEventListener("change", change);
  byId("group").addEventListener("change", change);
}
