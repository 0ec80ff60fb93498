/* Secret keys of other systems: what each may do, and in which areas. */

import { send } from "../shared/api.js";
import { byId } from "../shared/dom.js";
import { listed, moment } from "../shared/format.js";
import { _, timezone } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { attempt, openDialog, tend } from "./forms.js";
import { mayName } from "./grants.js";
import { keyState } from "./key.js";
import { Listing } from "./listing.js";
import { showOnce } from "./secret.js";
import { say } from "./status.js";

/** @type {import("./listing.js").Listing<Schema<"ServerKeyOut">>} */
let listing;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;

/** @type {import("./key.js").Kind} */
const KIND = {
  path: "/api/server-keys",
  text: _("The system can send and ask nothing more from now on. It cannot be taken back; a new key can be made."),
  onRevoked: () => listing.load(),
};

/** @param {Schema<"ServerKeyOut">} key */
function rowOf(key) {
  return [
    key.name,
    listed(key.may.map(mayName)),
    listed(key.areas.map(({ name }) => name)),
    key.last_used_at ? moment(key.last_used_at, timezone) : _("Never"),
    keyState(key, KIND),
  ];
}

/** @param {Record<string, string>} values */
async function make({ name }) {
  const may = new FormData(byId("server-form")).getAll("may");
  const made = await send("/api/server-keys", { name, may, areas: areas.codes });
  byId("server").close();
  await showOnce({
    title: made.name,
    text: _(
      "The key is shown this once. Whoever has it speaks as this system: hand it to its keeper alone, and never put it into a page.",
    ),
    items: [{ label: _("Key"), value: made.secret }],
  });
  say(_("Key made: %(name)s", { name: made.name }));
  await listing.load();
}

function begin() {
  listing = new Listing(byId("servers-list"), { path: "/api/server-keys", rowOf, empty: _("There are no keys yet") });
  areas = new AreaChoice(byId("server-areas"), { isMany: true });
  tend(byId("server-form"), make);
  byId("server-add").addEventListener("click", () => {
    openDialog(byId("server"));
    attempt(byId("server-form"), () => areas.start());
  });
}

/** Shows the keys, revoked ones, too. */
export async function show() {
  if (!listing) begin();
  await listing.load();
}
