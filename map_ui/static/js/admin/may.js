/* What another system may do, in words. */

import { _ } from "../shared/words.js";

const MAY = { order: _("Send orders"), read: _("Ask how far they are") };

/** What a server key may do, in the page's language; anything else as it is. */
export const mayName = (word) => MAY[word] || word;
