/* Where the boundaries come from, and that they are invented if they are. */

import { read } from "./api.js";
import { joined } from "./directions.js";
import { byId } from "./dom.js";
import { _, attribution } from "./words.js";

/** Shows the notice on invented boundaries; says nothing when nobody may ask. */
export async function showNotice() {
  const edition = await read("/api/editions/current");
  byId("invented").hidden = !edition.source.is_invented;
  return edition;
}

/**
 * Shows source and licence of the boundaries beneath the map.
 * @param {Schema<"EditionOut">} edition
 */
export function showSource({ source }) {
  const parts = [_("Boundaries: %(source)s", { source: source.name }), source.licence, ...attribution];
  byId("source").textContent = joined(parts);
}
