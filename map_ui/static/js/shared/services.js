/* The categories that can be chosen, grouped as in the catalogue. */

import { el } from "./dom.js";

/**
 * Options of a choice, in the order of `items`; what has no group stands by itself.
 * @param {Schema<"ServiceOut">[]} items
 */
export function serviceOptions(items) {
  /** @type {Map<string, HTMLOptionElement[]>} */
  const groups = new Map();
  for (const { code, name, group } of items) {
    const options = groups.get(group || "") || [];
    options.push(el("option", { value: code, text: name }));
    groups.set(group || "", options);
  }
  return [...groups].flatMap(([label, options]) => (label ? [el("optgroup", { label }, options)] : options));
}
