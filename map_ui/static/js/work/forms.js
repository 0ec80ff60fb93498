/* Forms that forget nothing: what is typed is kept until it is handed over. */

import { linesOf } from "../shared/api.js";
import { controlsOf, el, findControl, onSubmit, within } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { findKept, forget, keep } from "./store.js";

/** @typedef {import("./store.js").Values} Values */

let fields = 0;

/**
 * A field with its label; `control` is an input, select or textarea.
 * @param {string} label
 * @param {import("../shared/dom.js").Control} control
 */
export function field(label, control) {
  fields += 1;
  control.id = `field-${fields}`;
  return el("div", { class: "field" }, el("label", { for: control.id, text: label }), control);
}

/**
 * Room for some sentences.
 * @param {string} name
 */
export function textarea(name, isRequired = false) {
  return el("textarea", { name, rows: 3, maxlength: 4000, required: isRequired });
}

/**
 * A choice that must be made: codes and their words.
 * @param {string} name
 * @param {[string, string][]} pairs
 */
export function select(name, pairs) {
  return el(
    "select",
    { name, required: true },
    el("option", { value: "", text: _("Please choose") }),
    pairs.map(([value, text]) => el("option", { value, text })),
  );
}

/**
 * @param {HTMLFormElement} form
 * @returns {Values}
 */
function valuesOf(form) {
  return Object.fromEntries(
    controlsOf(form).map((control) => [
      control.name,
      control instanceof HTMLInputElement && control.files ? [...control.files] : control.value,
    ]),
  );
}

/**
 * @param {HTMLFormElement} form
 * @param {Values} values
 */
function restore(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = findControl(form, name);
    if (typeof value === "string") {
      if (control) control.value = value;
    } else if (control instanceof HTMLInputElement && value.length) {
      const transfer = new DataTransfer();
      for (const file of value) transfer.items.add(file);
      control.files = transfer.files;
    }
  }
}

/**
 * Shows what was refused above the form's button, and reads it out.
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
export function showRefusal(form, error) {
  form.querySelector(".refusal")?.remove();
  const lines = linesOf(error).map((text) => el("p", { text }));
  within(form, "[type=submit]").before(el("div", { class: "refusal", role: "alert" }, lines));
}

/**
 * Keeps what is typed under `name`, brings it back, and forgets it once `work` has
 * taken it. One submission at a time.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {(values: Values) => unknown} work
 * @param {() => void} [done] what follows once nothing of it is kept
 */
export async function tend(form, name, work, done = () => {}) {
  /** @type {Promise<unknown>} */
  let keeping = Promise.resolve();
  form.addEventListener("input", () => {
    // One after the other: the last letter typed is the last one kept.
    keeping = keeping.then(() => keep("drafts", { name, values: valuesOf(form) })).catch(() => {});
  });
  const submit = async () => {
    form.querySelector(".refusal")?.remove();
    await work(valuesOf(form));
    await keeping;
    await forget("drafts", name);
    form.reset();
    done();
  };
  onSubmit(form, submit, (error) => showRefusal(form, error));
  const draft = await findKept("drafts", name).catch(() => undefined);
  if (draft) restore(form, draft.values);
  return Boolean(draft);
}
