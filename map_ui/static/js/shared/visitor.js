/* Who is signed in, in which language, and the way out. */

import { read, send } from "./api.js";
import { byId } from "./dom.js";
import { tellElsewhere } from "./sessions.js";
import { _ } from "./words.js";

/** @type {Record<string, string>} What an account is for. */
export const ROLES = {
  admin: _("Administrator"),
  county_leader: _("County leader"),
  town_leader: _("Town leader"),
  village_cadre: _("Village cadre"),
  handler: _("Handler"),
  auditor: _("Auditor"),
};

/** The name of a role; "" for one of a newer service. @param {string} role */
export const roleName = (role) => ROLES[role] || "";

/** The account that is signed in. */
export async function readVisitor() {
  // The cookie of a page is an account's, never a portal's or a resident's.
  return /** @type {Visitor} */ (await read("/api/me"));
}

/**
 * Shows name and role, and makes 退出 and the language link work.
 * @param {Visitor} me
 */
export function startVisitor(me) {
  byId("visitor-name").textContent = me.name || me.username;
  byId("visitor-role").textContent = roleName(me.role);
  // Nobody's work waits for it, or stops because of it.
  tellElsewhere().catch(() => {});
  byId("logout").addEventListener("click", async () => {
    await send("/api/logout");
    window.location.assign("/login");
  });
  const language = byId("language");
  language.addEventListener("click", () => {
    const query = new URLSearchParams(window.location.search);
    query.set("lang", language.dataset.lang || "");
    language.href = `${window.location.pathname}?${query}${window.location.hash}`;
  });
}
