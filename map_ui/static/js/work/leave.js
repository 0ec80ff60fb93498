/* One's own days away. */

import { messageOf, read, send } from "../shared/api.js";
import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { showRefusal, tend } from "./forms.js";

/**
 * @param {Schema<"LeaveOut">} leave
 * @param {() => Promise<void>} again
 */
function line(leave, again) {
  const trouble = el("p", { class: "unsent__why", role: "alert" });
  const cancel = async () => {
    try {
      await send(`/api/leave/${leave.id}`, {}, { method: "DELETE" });
      await again();
    } catch (error) {
      trouble.textContent = messageOf(error);
    }
  };
  return el(
    "li",
    { class: "sheet leave" },
    el("span", { text: _("%(first)s to %(last)s", { first: leave.first_day, last: leave.last_day }) }),
    el("button", { type: "button", class: "secondary", text: _("Cancel this leave"), onclick: cancel }),
    trouble,
  );
}

/** @param {Visitor} me */
async function show(me) {
  const { items } = await read("/api/leave");
  const own = items.filter((leave) => leave.person_id === me.person_id && !leave.is_cancelled);
  byId("leaves").replaceChildren(...own.map((leave) => line(leave, () => show(me))));
  byId("leaves-empty").hidden = own.length > 0;
}

/**
 * Makes the form work; returns what shows the days that are known.
 * @param {Visitor} me
 */
export function startLeave(me) {
  const form = byId("leave");
  form.hidden = !me.person_id;
  tend(form, `${me.username}/leave`, async ({ first_day, last_day }) => {
    await send("/api/leave", { person_id: me.person_id, first_day, last_day });
    // It is entered: a list that cannot be read now must not let it be sent again.
    await show(me).catch(() => {});
  }).catch((error) => showRefusal(form, error));
  return () => show(me);
}
