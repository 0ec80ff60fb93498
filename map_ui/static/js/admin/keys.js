/* Keys of other portals: what they show, of which areas, from which pages. */

import { send } from "../shared/api.js";
import { byId } from "../shared/dom.js";
import { listed } from "../shared/format.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { attempt, openDialog, tend } from "./forms.js";
import { layerName } from "./grants.js";
import { keyState } from "./key.js";
import { Listing } from "./listing.js";
import { showOnce } from "./secret.js";
import { say } from "./status.js";

/** @type {import("./listing.js").Listing<Schema<"PortalKeyOut">>} */
let listing;
/** @type {import("./area-choice.js").AreaChoice} */
let areas;

/** @type {import("./key.js").Kind} */
const KIND = {
  path: "/api/portal-keys",
  text: _("Its pages stop showing the map at once. It cannot be taken back; a new key can be made."),
  onRevoked: () => listing.load(),
};

/** @param {Schema<"PortalKeyOut">} key */
function rowOf(key) {
  return [
    key.name,
    key.origins.length ? key.origins.join(" ") : _("Any"),
    listed(key.layers.map((layer) => layerName(layer) || layer)),
    listed(key.areas.map(({ name }) => name)),
    keyState(key, KIND),
  ];
}

/**
 * What a portal's developer pastes into a page.
 * @param {string} secret
 */
function snippetOf(secret) {
  const title = byId("product").textContent.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const address = `${window.location.origin}/embed?key=${encodeURIComponent(secret)}`;
  return (
    `<iframe title="${title}" width="100%" height="480" loading="lazy"\n` +
    `  sandbox="allow-scripts allow-same-origin"\n  src="${address}"></iframe>`
  );
}

/** @param {Record<string, string>} values */
async function make({ name, origins }) {
  const made = await send("/api/portal-keys", {
    name,
    // Copied from the address bar, an origin has a slash at its end.
    origins: origins
      .split(/\s+/)
      .filter(Boolean)
      .map((origin) => origin.replace(/\/$/, "")),
    layers: new FormData(byId("key-form")).getAll("layers"),
    area_codes: areas.codes,
  });
  byId("key").close();
  await showOnce({
    title: made.name,
    text: _("The key is shown this once. The portal's pages carry it; it opens public figures only."),
    items: [
      { label: _("Key"), value: made.key },
      { label: _("For a page of the portal"), value: snippetOf(made.key), rows: 6 },
    ],
  });
  say(_("Key made: %(name)s", { name: made.name }));
  await listing.load();
}

function begin() {
  listing = new Listing(byId("keys-list"), { path: "/api/portal-keys", rowOf, empty: _("There are no keys yet") });
  areas = new AreaChoice(byId("key-areas"), { isMany: true });
  tend(byId("key-form"), make);
  byId("key-add").addEventListener("click", () => {
    openDialog(byId("key"));
    attempt(byId("key-form"), () => areas.start());
  });
}

/** Shows the keys, revoked ones, too. */
export async function show() {
  if (!listing) begin();
  await listing.load();
}
