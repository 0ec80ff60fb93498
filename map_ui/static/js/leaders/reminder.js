/* A leader's instruction to whoever handles the case. */

import { send } from "../shared/api.js";
import { byId } from "../shared/dom.js";
import { _ } from "../shared/words.js";

let request = null;
let key = "";

/** Offers the form for a case that is open; null hides it. */
export function offerReminding(found) {
  // Sent again after a lost reply, one instruction stays one.
  if (found) key = `remind-${found.id}-${Date.now()}`;
  const isOther = !request || !found || request.id !== found.id;
  request = found;
  byId("remind").hidden = !found;
  byId("remind-error").hidden = true;
  if (isOther) byId("remind-note").value = "";
}

/** Makes the form send; `onDone()` is called when the instruction is in the history. */
export function startReminding(onDone) {
  const button = byId("remind-send");
  byId("remind").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    byId("remind-error").hidden = true;
    const { id, number } = request;
    try {
      await send(`/api/requests/${encodeURIComponent(id)}/remind`, { note: byId("remind-note").value }, { key });
      byId("remind-note").value = "";
      byId("said").textContent = _("Reminded: %(number)s", { number });
      await onDone();
    } catch (error) {
      byId("remind-error").textContent = error.message;
      byId("remind-error").hidden = false;
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}
