/* Forms and dialogs: one submission at a time, refusals beside the fields they are about. */

import { goToLogin, needsLogin, Problem } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { linesOf } from "./status.js";

let count = 0;

/** What is typed and chosen, by the controls' names; texts without blanks around them, no files. */
export function valuesOf(form) {
  const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts.map(([name, value]) => [name, value.trim()]));
}

/** The control, or the group `data-field`, which the service calls `name`. */
function fieldOf(form, name) {
  return form.querySelector(`[name="${CSS.escape(name)}"], [data-field="${CSS.escape(name)}"]`);
}

function forgive(form) {
  form.querySelectorAll(".refusal").forEach((node) => {
    node.remove();
  });
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

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

/** Shows each refusal beside its field by `errors[].loc`, the others above the buttons. */
export function showRefusal(form, error) {
  forgive(form);
  const rest = error instanceof Problem ? [] : [error.message];
  const faults = error instanceof Problem ? error.errors : [];
  let first = null;
  for (const { loc = [], msg, mend } of faults) {
    // What is wrong with a file as a whole has no place in a body.
    const name = loc[0] === "body" ? loc[1] : loc[0];
    const field = name === undefined ? null : fieldOf(form, String(name));
    const lines = [msg, mend].filter(Boolean);
    if (field && !field.hasAttribute("aria-invalid")) {
      refuseField(field, lines);
      first = first || field;
    } else {
      rest.push(...lines);
    }
  }
  if (error instanceof Problem && !faults.length) rest.push(...linesOf(error));
  if (rest.length) {
    form
      .querySelector("[type=submit]")
      .closest(".box__ways, .sheet__ways, form")
      .before(
        el(
          "div",
          { class: "refusal", role: "alert" },
          [...new Set(rest)].map((text) => el("p", { text })),
        ),
      );
  }
  (first?.matches("[data-field]") ? first.querySelector("input, select, button") : first)?.focus();
}

/** Does `work` outside a submission; what is refused is shown in `form`. */
export async function attempt(form, work) {
  try {
    await work();
  } catch (error) {
    showRefusal(form, error);
  }
}

/** Does `work(values)` when the form is sent, and shows what is refused. */
export function tend(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    forgive(form);
    try {
      await work(valuesOf(form));
    } catch (error) {
      if (needsLogin(error)) goToLogin();
      else showRefusal(form, error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

/** Opens a dialog with empty forms; Escape and [data-close] close it. */
export function openDialog(dialog) {
  dialog.querySelectorAll("form").forEach((form) => {
    form.reset();
    forgive(form);
  });
  dialog.querySelectorAll("[data-close]").forEach((button) => {
    button.onclick = () => dialog.close();
  });
  dialog.showModal();
}

/** Asks before something that is not undone; true for yes. */
export function ask({ title, text, yes }) {
  const dialog = byId("sure");
  byId("sure-title").textContent = title;
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  dialog.returnValue = "no"; // what Escape leaves
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
