/* Forms that forget nothing: what is typed is kept until it is handed over. */

import { Problem } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { findKept, forget, keep } from "./store.js";

let fields = 0;

/** A field with its label; `control` is an input, select or textarea. */
export function field(label, control) {
  fields += 1;
  control.id = `field-${fields}`;
  return el("div", { class: "field" }, el("label", { for: control.id, text: label }), control);
}

export function textarea(name, isRequired) {
  return el("textarea", { name, rows: 3, maxlength: 4000, required: isRequired });
}

export function select(name, pairs, isRequired = true) {
  return el(
    "select",
    { name, required: isRequired },
    el("option", { value: "", text: _("Please choose") }),
    pairs.map(([value, text]) => el("option", { value, text })),
  );
}

function valuesOf(form) {
  const named = [...form.elements].filter(({ name }) => name);
  return Object.fromEntries(
    named.map((control) => [control.name, control.type === "file" ? [...control.files] : control.value]),
  );
}

function restore(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = form.elements[name];
    if (!control) continue;
    if (control.type !== "file") control.value = value;
    else if (value.length) {
      const transfer = new DataTransfer();
      value.forEach((file) => {
        transfer.items.add(file);
      });
      control.files = transfer.files;
    }
  }
}

/** Shows what was refused above the form's button, and reads it out. */
export function showRefusal(form, error) {
  const lines = [error.message];
  if (error instanceof Problem)
    error.errors.forEach(({ msg, mend }) => {
      lines.push(msg, mend);
    });
  form.querySelector(".refusal")?.remove();
  const box = el(
    "div",
    { class: "refusal", role: "alert" },
    [...new Set(lines.filter(Boolean))].map((text) => el("p", { text })),
  );
  form.querySelector("[type=submit]").before(box);
}

/**
 * Keeps what is typed under `name`, brings it back, and forgets it once `work` has
 * taken it. One submission at a time.
 */
export async function tend(form, name, work) {
  let keeping = Promise.resolve();
  form.addEventListener("input", () => {
    // One after the other: the last letter typed is the last one kept.
    keeping = keeping.then(() => keep("drafts", { name, values: valuesOf(form) })).catch(() => {});
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    form.querySelector(".refusal")?.remove();
    try {
      await work(valuesOf(form));
      await keeping;
      await forget("drafts", name);
      form.reset();
    } catch (error) {
      showRefusal(form, error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  const draft = await findKept("drafts", name).catch(() => undefined);
  if (draft) restore(form, draft.values);
  return Boolean(draft);
}
