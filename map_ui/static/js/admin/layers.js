/* What other portals may show. */

import { _ } from "../shared/words.js";

/** The name of a layer; "" for one that is newer than this page. */
export function layerName(layer) {
  return { heat: _("Heat by village"), areas: _("Boundaries and names") }[layer] || "";
}
