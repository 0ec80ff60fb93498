/* Forms and dialogs: one submission at a time, refusals beside the fields they are about. */

import { goToLogin, linesOf, messageOf, needsLogin, Problem } from "../shared/api.js";
import { allWithin, byId, el, onSubmit, within } from "../shared/dom.js";

let count = 0;

/**
 * What is typed and chosen, by the controls' names; texts without blanks around them, no files.
 * @param {HTMLFormElement} form
 */
export function valuesOf(form) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value.trim();
  return values;
}

/**
 * The control, or the group `data-field`, which the service calls `name`.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function findField(form, name) {
  const asked = CSS.escape(name);
  return allWithin(form, `[name="${asked}"], [data-field="${asked}"]`)[0] || null;
}

/** @param {HTMLFormElement} form */
function forgive(form) {
  form.querySelectorAll(".refusal").forEach((node) => {
    node.remove();
  });
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

/**
 * @param {HTMLElement} field
 * @param {string[]} lines
 */
function refuseField(field, lines) {
  count += 1;
  const id = `refusal-${count}`;
  const isGroup = field.matches("[data-field]");
  const box = el(
    "div",
    { class: "refusal", id, role: "alert" },
    lines.map((text) => el("p", { text })),
  );
  if (isGroup) field.append(box);
  else field.after(box);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
}

/**
 * Shows each refusal beside its field by `errors[].loc`, the others above the buttons.
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
export function showRefusal(form, error) {
  forgive(form);
  const rest = error instanceof Problem ? [] : [messageOf(error)];
  const faults = error instanceof Problem ? error.errors : [];
  /** @type {HTMLElement | null} */
  let first = null;
  for (const { loc, msg, mend } of faults) {
    // What is wrong with a file as a whole has no place in a body.
    const name = loc[0] === "body" ? loc[1] : loc[0];
    const field = name === undefined ? null : findField(form, String(name));
    const lines = [msg, mend || ""].filter(Boolean);
    if (field && !field.hasAttribute("aria-invalid")) {
      refuseField(field, lines);
      first = first || field;
    } else {
      rest.push(...lines);
    }
  }
  if (error instanceof Problem && !faults.length) rest.push(...linesOf(error));
  if (rest.length) {
    const texts = [...new Set(rest)].map((text) => el("p", { text }));
    const ways = within(form, "[type=submit]").closest(".box__ways, .sheet__ways, form");
    ways?.before(el("div", { class: "refusal", role: "alert" }, texts));
  }
  const isGroup = first?.matches("[data-field]");
  (first && isGroup ? allWithin(first, "input, select, button")[0] : first)?.focus();
}

/**
 * `value`, which is there whenever its dialog offers what asks for it.
 * @template T
 * @param {T | null} value
 */
export function present(value) {
  if (value === null) throw new TypeError();
  return value;
}

/**
 * Does `work` outside a submission; what is refused is shown in `form`.
 * @param {HTMLFormElement} form
 * @param {() => unknown} work
 */
export async function attempt(form, work) {
  try {
    await work();
  } catch (error) {
    showRefusal(form, error);
  }
}

/**
 * Does `work(values)` when the form is sent, and shows what is refused.
 * @param {HTMLFormElement} form
 * @param {(values: Record<string, string>) => unknown} work
 */
export function tend(form, work) {
  const submit = () => {
    forgive(form);
    return work(valuesOf(form));
  };
  onSubmit(form, submit, (error) => {
    if (needsLogin(error)) goToLogin();
    else showRefusal(form, error);
  });
}

/**
 * Opens a dialog with empty forms; Escape and [data-close] close it.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  allWithin(dialog, "form", HTMLFormElement).forEach((form) => {
    form.reset();
    forgive(form);
  });
  allWithin(dialog, "[data-close]").forEach((button) => {
    button.onclick = () => dialog.close();
  });
  dialog.showModal();
}

/**
 * Asks before something that is not undone; true for yes.
 * @param {{ title: string, text: string, yes: string }} question
 */
export function ask({ title, text, yes }) {
  const dialog = byId("sure");
  byId("sure-title").textContent = title;
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  dialog.returnValue = "no"; // what Escape leaves
  dialog.showModal();
  return new Promise((/** @type {(isSure: boolean) => void} */ resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
