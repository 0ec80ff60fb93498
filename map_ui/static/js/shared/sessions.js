/* Where else the account is signed in: told once after signing in, and ended from here. */

import { messageOf, read, send } from "./api.js";
import { el } from "./dom.js";
import { moment } from "./format.js";
import { _, ngettext, timezone } from "./words.js";

const ARRIVED = "minqing-arrived";

/** Notes that somebody has just signed in; the next page tells where else they are. */
export function noteArrival() {
  try {
    window.sessionStorage.setItem(ARRIVED, "yes");
  } catch {
    // Without a store the next page says nothing of it.
  }
}

function hasJustArrived() {
  try {
    const arrived = window.sessionStorage.getItem(ARRIVED);
    window.sessionStorage.removeItem(ARRIVED);
    return arrived !== null;
  } catch {
    return false;
  }
}

/** @param {Schema<"OpenSession">} session */
function placeOf({ kind, created_at: since }) {
  const time = moment(since, timezone);
  return kind === "bearer" ? _("A program, since %(time)s", { time }) : _("A page, since %(time)s", { time });
}

/** @param {Schema<"OpenSession">[]} others */
function show(others) {
  const said = el("p", { role: "status" });
  const end = async () => {
    try {
      await send("/api/sessions", {}, { method: "DELETE" });
      box.remove();
    } catch (error) {
      said.textContent = messageOf(error);
    }
  };
  /** @type {HTMLElement} */
  const box = el(
    "section",
    { class: "elsewhere", "aria-labelledby": "elsewhere-title" },
    el("h2", {
      id: "elsewhere-title",
      text: ngettext(
        "You are signed in at %(count)s other place",
        "You are signed in at %(count)s other places",
        others.length,
      ),
    }),
    el(
      "ul",
      {},
      others.map((other) => el("li", { text: placeOf(other) })),
    ),
    el("p", { text: _("If that is not you, sign out there and change your password.") }),
    said,
    el(
      "div",
      { class: "elsewhere__deeds" },
      el("button", { type: "button", class: "secondary", onclick: end, text: _("Sign out there") }),
      el("button", { type: "button", class: "primary", onclick: () => box.remove(), text: _("That is me") }),
    ),
  );
  document.body.append(box);
}

/** After a sign-in, tells where else the account is signed in, if it is anywhere. */
export async function tellElsewhere() {
  if (!hasJustArrived()) return;
  const { items } = await read("/api/sessions");
  const others = items.filter(({ is_current: isCurrent }) => !isCurrent);
  if (others.length) show(others);
}
