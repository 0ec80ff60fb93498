/* Zones: the households that one person cares for. */

import { byId, el } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { openImport } from "./import.js";
import { holdersText, keeps, ownAreas } from "./keeping.js";
import { Listing, opener } from "./listing.js";
import { openNewZone, openZone, startZone } from "./zone.js";

let listing = null;
let areas = null;

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
  return { q: byId("zones-filter").elements.q.value.trim(), area: areas.shown?.code };
}

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

/** Shows the zones which the filter asks for. */
export async function show(visitor) {
  if (!listing) await begin(visitor);
  await listing.load(query());
}
