/* Who is signed in, in which language, and the way out. */

import { send } from "./api.js";
import { byId } from "./dom.js";
import { tellElsewhere } from "./sessions.js";
import { _ } from "./words.js";

/** What an account is for. */
export function roleName(role) {
  return (
    {
      admin: _("Administrator"),
      county_leader: _("County leader"),
      town_leader: _("Town leader"),
      village_cadre: _("Village cadre"),
      handler: _("Handler"),
      auditor: _("Auditor"),
    }[role] || ""
  );
}

/** Shows name and role, and makes 退出 and the language link work. */
export function startVisitor(me) {
  byId("visitor-name").textContent = me.name || me.username;
  byId("visitor-role").textContent = roleName(me.role);
  // Nobody's work waits for it, or stops because of it.
  tellElsewhere().catch(() => {});
  byId("logout").addEventListener("click", async () => {
    await send("/api/logout");
    window.location.assign("/login");
  });
  byId("language").addEventListener("click", (event) => {
    const query = new URLSearchParams(window.location.search);
    query.set("lang", event.currentTarget.dataset.lang);
    event.currentTarget.href = `${window.location.pathname}?${query}${window.location.hash}`;
  });
}
