/* Zones: the households that one person cares for. */

import { byId, controlOf, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { holdersText } from "./duty-words.js";
import { openImport } from "./import.js";
import { Listing, opener } from "./listing.js";
import { keeps, ownAreas } from "./rights.js";
import { openNewZone, openZone, startZone } from "./zone.js";

/** @type {import("./listing.js").Listing<Schema<"ZoneOut">>} */
let listing;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;

/** @param {Schema<"ZoneOut">} zone */
function rowOf(zone) {
  return [
    opener(zone.name, () => openZone(zone.id)),
    zone.code,
    zone.area?.name || "",
    count(zone.household_count),
    zone.duties.length ? holdersText(zone.duties) : el("span", { class: "state--warn", text: _("Nobody") }),
  ];
}

function query() {
  return { q: controlOf(byId("zones-filter"), "q").value.trim(), area: areas.shown?.code };
}

/** @param {Visitor} visitor */
async function begin(visitor) {
  areas = new AreaChoice(byId("zones-areas"), { deepest: "group", own: ownAreas(visitor) });
  await areas.start();
  const again = () => listing.load();
  startZone(visitor, again);
  byId("zone-add").hidden = byId("zones-imports").hidden = !keeps(visitor);
  byId("zone-add").addEventListener("click", openNewZone);
  byId("zones-import").addEventListener("click", () => openImport("zones", again));
  byId("households-import").addEventListener("click", () => openImport("households", again));
  listing = new Listing(byId("zones-list"), { path: "/api/zones", rowOf });
  listing.follow(byId("zones-filter"), query);
}

/**
 * Shows the zones which the filter asks for.
 * @param {Visitor} visitor
 */
export async function show(visitor) {
  if (!listing) await begin(visitor);
  await listing.load(query());
}
