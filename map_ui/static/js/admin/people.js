/* People: who may answer for a place. */

import { byId, controlOf, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { dutiesText } from "./duty-words.js";
import { openImport } from "./import.js";
import { Listing, opener } from "./listing.js";
import { openNewPerson, openPerson, startPerson } from "./person.js";
import { keeps, ownAreas } from "./rights.js";

/** @type {import("./listing.js").Listing<Schema<"PersonOut">>} */
let listing;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;

/** @param {Schema<"PersonOut">} person */
function rowOf(person) {
  return [
    opener(person.name, () => openPerson(person.id)),
    person.code,
    dutiesText(person.duties),
    person.is_party_member ? _("Party member") : "",
    person.is_on_leave ? el("span", { class: "state--warn", text: _("On leave") }) : "",
  ];
}

function query() {
  const form = byId("people-filter");
  return { q: controlOf(form, "q").value.trim(), ended: controlOf(form, "ended").value, area: areas.shown?.code };
}

/** @param {Visitor} visitor */
async function begin(visitor) {
  areas = new AreaChoice(byId("people-areas"), { deepest: "group", own: ownAreas(visitor) });
  await areas.start();
  byId("person-add").hidden = byId("people-import").hidden = !keeps(visitor);
  startPerson(visitor, () => listing.load());
  byId("person-add").addEventListener("click", openNewPerson);
  byId("people-import").addEventListener("click", () => openImport("people", () => listing.load()));
  listing = new Listing(byId("people-list"), { path: "/api/people", rowOf });
  listing.follow(byId("people-filter"), query);
}

/**
 * Shows the people whom the filter asks for.
 * @param {Visitor} visitor
 */
export async function show(visitor) {
  if (!listing) await begin(visitor);
  await listing.load(query());
}
