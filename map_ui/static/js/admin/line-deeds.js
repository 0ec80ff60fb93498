/* What is done at a line of a list. */

import { linesOf } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";

/**
 * A button in a row or a line.
 * @param {string} text
 * @param {() => unknown} onclick
 * @param {{ isBad?: boolean, label?: string | null }} [look]
 */
export function deed(text, onclick, { isBad = false, label = null } = {}) {
  return el("button", {
    type: "button",
    class: isBad ? "linkish linkish--bad" : "linkish",
    text,
    "aria-label": label,
    onclick,
  });
}

/**
 * Does `work` at a line of the list `id`; what is refused is said under the list.
 * @param {"person-duties" | "person-leaves"} id
 * @param {() => Promise<void>} work
 */
export async function tryLine(id, work) {
  const list = byId(id);
  if (list.nextElementSibling?.matches(".refusal")) list.nextElementSibling.remove();
  try {
    await work();
  } catch (error) {
    list.after(el("p", { class: "refusal", role: "alert", text: joined(linesOf(error)) }));
  }
}
