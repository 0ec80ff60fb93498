/* Signing in, and replacing a first password, on one page. */

import { csrfToken, messageOf, Problem, send } from "../shared/api.js";
import { allWithin, byId, el, onSubmit, within } from "../shared/dom.js";
import { showNotice } from "../shared/edition.js";
import { noteArrival } from "../shared/sessions.js";
import { startTheme } from "../shared/theme.js";
import { readVisitor } from "../shared/visitor.js";
import { _, ngettext } from "../shared/words.js";
import { homeOf, nextAddress } from "./ways.js";

/** @param {number} seconds */
function waitText(seconds) {
  return seconds >= 90
    ? ngettext("Try again in %(count)s minute", "Try again in %(count)s minutes", Math.ceil(seconds / 60))
    : ngettext("Try again in %(count)s second", "Try again in %(count)s seconds", seconds);
}

/**
 * Shows an error in `box` and takes the reader there.
 * @param {HTMLElement} box
 * @param {unknown} error
 */
function showError(box, error) {
  const message = messageOf(error);
  const lines = [message];
  if (error instanceof Problem) {
    for (const { msg, mend } of error.errors) lines.push((msg === message ? mend : msg) || "", mend || "");
    if (error.retryAfter) lines.push(waitText(error.retryAfter));
  }
  const distinct = [...new Set(lines.filter(Boolean))];
  box.replaceChildren(...distinct.map((text) => el("p", { text })));
  box.hidden = false;
  box.focus();
}

/**
 * @param {Visitor} me
 * @param {string} oldPassword
 */
function askNewPassword(me, oldPassword) {
  startChange(homeOf(me.role));
  byId("sign-in").hidden = true;
  byId("change").hidden = false;
  const old = byId("old-password");
  old.value = oldPassword;
  const field = old.closest("div");
  if (field) field.hidden = Boolean(oldPassword);
  (oldPassword ? byId("new-password") : old).focus();
}

/** @param {string} home */
function arrive(home) {
  const { origin, search } = window.location;
  window.location.replace(nextAddress(new URLSearchParams(search).get("next") || home, home, origin));
}

/**
 * Runs `work` when `form` is sent; errors go into `box`.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} box
 * @param {() => Promise<void>} work
 */
function tend(form, box, work) {
  const busy = async () => {
    box.hidden = true;
    form.setAttribute("aria-busy", "true");
    try {
      await work();
    } finally {
      form.removeAttribute("aria-busy");
    }
  };
  onSubmit(form, busy, (error) => showError(box, error));
}

function startSignIn() {
  const form = byId("sign-in");
  tend(form, byId("sign-in-error"), async () => {
    const password = byId("password").value;
    const me = /** @type {Visitor} */ (
      await send("/api/session", { username: byId("username").value.trim(), password })
    );
    if (me.must_change_password) {
      askNewPassword(me, password);
      return;
    }
    noteArrival();
    arrive(homeOf(me.role));
  });
}

/** @param {string} home */
function startChange(home) {
  const form = byId("change");
  tend(form, byId("change-error"), async () => {
    const chosen = byId("new-password").value;
    if (chosen !== byId("again-password").value) {
      throw new Error(_("The two new passwords differ"));
    }
    await send("/api/password", { old_password: byId("old-password").value, new_password: chosen });
    arrive(home);
  });
}

function startReveal() {
  allWithin(document, "[data-reveal]").forEach((button) => {
    const field = within(document, `input[id="${button.dataset.reveal}"]`, HTMLInputElement);
    button.addEventListener("click", () => {
      const isShown = field.type === "password";
      field.type = isShown ? "text" : "password";
      button.setAttribute("aria-pressed", String(isShown));
    });
  });
}

/** Somebody who is signed in already need not do it again. */
async function passThrough() {
  if (!csrfToken()) return;
  try {
    const me = await readVisitor();
    if (me.must_change_password) askNewPassword(me, "");
    else arrive(homeOf(me.role));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 401) showError(byId("sign-in-error"), error);
    // Signing out takes the cookie away: who still has one did not mean to leave.
    else byId("ended").hidden = false;
  }
}

startTheme();
startSignIn();
startReveal();
passThrough();
showNotice().catch((error) => {
  // Where the edition is not public, a visitor learns of it after signing in.
  if (!(error instanceof Problem)) throw error;
});
