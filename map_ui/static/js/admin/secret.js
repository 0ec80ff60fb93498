/* What is shown once and never again: a first password, a key. */

import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";

/**
 * Copies the text of a field; over http only the old way is left.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 */
async function copy(field) {
  field.select();
  try {
    await window.navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

/** @typedef {{ label: string, value: string, rows?: number }} Item */

/**
 * @param {Item} item
 * @param {number} index
 */
function line({ label, value, rows = 1 }, index) {
  const id = `secret-${index}`;
  const field =
    rows > 1 ? el("textarea", { id, rows, readonly: true }) : el("input", { id, readonly: true, autocomplete: "off" });
  field.value = value;
  const told = el("span", { class: "hint-line", role: "status" });
  return el(
    "div",
    { class: "field" },
    el("label", { for: id, text: label }),
    el(
      "div",
      { class: "copied" },
      field,
      el("button", {
        type: "button",
        class: "secondary",
        text: _("Copy"),
        "aria-label": _("Copy: %(what)s", { what: label }),
        onclick: async () => {
          told.textContent = (await copy(field)) ? _("Copied") : _("Please copy it by hand");
        },
      }),
    ),
    told,
  );
}

/**
 * Shows `items`, `{label, value, rows}` each, until somebody says they are noted.
 * @param {{ title: string, text: string, items: Item[] }} secret
 */
export function showOnce({ title, text, items }) {
  const dialog = byId("secret");
  byId("secret-title").textContent = title;
  byId("secret-text").textContent = text;
  byId("secret-items").replaceChildren(...items.map(line));
  // Escape would lose what cannot be shown again.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  return new Promise((/** @type {(none?: unknown) => void} */ resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        byId("secret-items").replaceChildren();
        resolve();
      },
      { once: true },
    );
  });
}
