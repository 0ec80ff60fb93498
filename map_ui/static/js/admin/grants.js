/* What a key opens, in words. */

import { _ } from "../shared/words.js";

/** @type {Record<string, string>} What other portals may show. */
const LAYERS = { heat: _("Heat by village"), areas: _("Boundaries and names") };

/** @type {Record<string, string>} What another system may do. */
const MAY = { order: _("Send orders"), read: _("Ask how far they are") };

/** The name of a layer; "" for one that is newer than this page. @param {string} layer */
export const layerName = (layer) => LAYERS[layer] || "";

/** What a server key may do; anything else as it is. @param {string} word */
export const mayName = (word) => MAY[word] || word;
