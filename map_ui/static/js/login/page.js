/* Signing in, and replacing a first password, on one page. */

import { csrfToken, Problem, read, send } from "../shared/api.js";
import { byId } from "../shared/dom.js";
import { showNotice } from "../shared/edition.js";
import { noteArrival } from "../shared/sessions.js";
import { startTheme } from "../shared/theme.js";
import { _, ngettext } from "../shared/words.js";

/** Where somebody begins who did not say where to: at what they are there for. */
function homeOf(me) {
  return { handler: "/work", auditor: "/admin" }[me.role] || "/";
}

/** Where to go afterwards: a path of this site, never another one. */
function nextAddress(home) {
  const asked = new URLSearchParams(window.location.search).get("next") || home;
  try {
    const address = new URL(asked, window.location.origin);
    const isOurs = address.origin === window.location.origin && asked.startsWith("/");
    if (isOurs && address.pathname !== "/login") return address.pathname + address.search + address.hash;
  } catch {
    // not an address at all
  }
  return home;
}

function waitText(seconds) {
  return seconds >= 90
    ? ngettext("Try again in %(count)s minute", "Try again in %(count)s minutes", Math.ceil(seconds / 60))
    : ngettext("Try again in %(count)s second", "Try again in %(count)s seconds", seconds);
}

/** Shows an error in `box` and takes the reader there. */
function showError(box, error) {
  const lines = [error.message];
  if (error instanceof Problem) {
    error.errors.forEach(({ msg, mend }) => {
      lines.push(msg === error.message ? mend : msg, mend);
    });
    if (error.retryAfter) lines.push(waitText(error.retryAfter));
  }
  const distinct = [...new Set(lines.filter(Boolean))];
  box.replaceChildren(
    ...distinct.map((line) => {
      const node = document.createElement("p");
      node.textContent = line;
      return node;
    }),
  );
  box.hidden = false;
  box.focus();
}

function askNewPassword(me, oldPassword) {
  startChange(homeOf(me));
  byId("sign-in").hidden = true;
  byId("change").hidden = false;
  byId("old-password").value = oldPassword;
  byId("old-password").closest(".field").hidden = Boolean(oldPassword);
  (oldPassword ? byId("new-password") : byId("old-password")).focus();
}

function arrive(home) {
  window.location.replace(nextAddress(home));
}

/** Runs `work` on submit, once at a time, errors into `box`. */
function onSubmit(form, box, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.getAttribute("aria-disabled") === "true") return;
    box.hidden = true;
    button.setAttribute("aria-disabled", "true");
    form.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      showError(box, error);
    } finally {
      button.removeAttribute("aria-disabled");
      form.removeAttribute("aria-busy");
    }
  });
}

function startSignIn() {
  const form = byId("sign-in");
  onSubmit(form, byId("sign-in-error"), async () => {
    const password = form.elements.password.value;
    const me = await send("/api/session", { username: form.elements.username.value.trim(), password });
    if (me.must_change_password) {
      askNewPassword(me, password);
      return;
    }
    noteArrival();
    arrive(homeOf(me));
  });
}

function startChange(home) {
  const form = byId("change");
  onSubmit(form, byId("change-error"), async () => {
    const chosen = form.elements["new-password"].value;
    if (chosen !== form.elements["again-password"].value) {
      throw new Error(_("The two new passwords differ"));
    }
    await send("/api/password", { old_password: form.elements["old-password"].value, new_password: chosen });
    arrive(home);
  });
}

function startReveal() {
  document.querySelectorAll("[data-reveal]").forEach((button) => {
    const field = byId(button.dataset.reveal);
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
    const me = await read("/api/me");
    if (me.must_change_password) askNewPassword(me, "");
    else arrive(homeOf(me));
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
