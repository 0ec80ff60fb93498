/* Where one is: county › town › village › group, each a way back. */

import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { addressOf, update } from "./state.js";

/** @type {Record<string, string>} */
const TYPES = { county: _("County"), town: _("Town"), village: _("Village"), group: _("Group") };

/** The name of an area type. @param {string} type */
export const typeName = (type) => TYPES[type] || "";

/**
 * Shows `line`, a list of `{code, name}` from the visitor's own area down.
 * @param {NamedArea[]} line
 */
export function showCrumbs(line) {
  const items = line.map((area, index) => {
    const isLast = index === line.length - 1;
    const node = isLast
      ? el("span", { class: "crumb", "aria-current": "page", text: area.name })
      : el("a", {
          class: "crumb",
          href: addressOf({ area: index ? area.code : "" }),
          text: area.name,
          onclick: (event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            update({ area: index ? area.code : "" });
          },
        });
    return el("li", {}, node);
  });
  byId("crumbs").replaceChildren(...items);
}
