/* Giving the duty of a place to somebody of the ledger, or to somebody new. */

import { send } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { dutyName } from "../shared/duties.js";
import { _ } from "../shared/words.js";
import { day, dutyKinds, dutyText } from "./duty-words.js";
import { attempt, openDialog, tend } from "./forms.js";
import { PersonChoice } from "./person-choice.js";
import { say } from "./status.js";

/**
 * What somebody answers for: a zone by its id, an area by its code.
 * @typedef {{ kind: string, id?: string | null, code?: string | null, name: string }} Place
 */

/** @type {import("./person-choice.js").PersonChoice} */
let people;
/** @type {Place} */
let place;
/** @type {() => Promise<void>} */
let onDone;

function showNew() {
  const isNew = byId("assign-is-new").checked;
  byId("assign-person").hidden = isNew;
  byId("assign-new").hidden = !isNew;
}

/** What the service is told of the place: `kind` zone or a kind of area. */
const termsOf = (/** @type {string} */ kind, /** @type {string} */ from) => ({
  kind,
  valid_from: from,
  ...(place.kind === "zone" ? { zone_id: place.id } : { area_code: place.code }),
});

/** @param {Record<string, string>} values */
async function save({ kind, valid_from: from, person_id: personId, name, phone }) {
  const terms = termsOf(kind, from);
  if (byId("assign-is-new").checked) await send("/api/people", { name, phone, duty: terms });
  else if (!personId) throw new Error(_("Choose a person"));
  else await send("/api/duties", { person_id: personId, ...terms });
  byId("assign").close();
  say(_("Given: %(what)s", { what: dutyText({ kind, place }) }));
  await onDone();
}

function begin() {
  people = new PersonChoice(byId("assign-person"));
  byId("assign-is-new").addEventListener("change", showNew);
  tend(byId("assign-form"), save);
}

/**
 * The kinds of duty which the visitor may give for a place.
 * @param {Pick<Place, "kind">} place
 */
export async function kindsFor({ kind: placeKind }) {
  return (await dutyKinds())
    .filter(({ places, may_give: may }) => may && places.some((kind) => kind === placeKind))
    .map(({ kind }) => kind);
}

/**
 * Opens the dialog for `where`, `{kind, code, name, id}`; `done()` is called once it is given.
 * @param {Place} where
 * @param {{ kind?: string, area?: string, done: () => Promise<void> }} way
 */
export async function openAssign(where, { kind = "", area = "", done }) {
  if (!people) begin();
  place = where;
  onDone = done;
  openDialog(byId("assign"));
  showNew();
  byId("assign-title").textContent = _("Who answers for %(place)s?", { place: where.name });
  byId("assign-from").value = day();
  await attempt(byId("assign-form"), async () => {
    const kinds = await kindsFor(where);
    byId("assign-kind").replaceChildren(...kinds.map((value) => el("option", { value, text: dutyName(value) })));
    if (kind) byId("assign-kind").value = kind;
    await people.start({ area });
  });
}
