/* A leader's instruction to whoever handles the case. */

import { messageOf, send } from "../shared/api.js";
import { byId, onSubmit } from "../shared/dom.js";
import { _ } from "../shared/words.js";

/** @type {Schema<"RequestOut"> | null} */
let request = null;
let key = "";

/** Offers the form for a case that is open; null hides it. @param {Schema<"RequestOut"> | null} found */
export function offerReminding(found) {
  // Sent again after a lost reply, one instruction stays one.
  if (found) key = `remind-${found.id}-${Date.now()}`;
  const isOther = !request || !found || request.id !== found.id;
  request = found;
  byId("remind").hidden = !found;
  byId("remind-error").hidden = true;
  if (isOther) byId("remind-note").value = "";
}

/**
 * Makes the form send; `onDone()` is called when the instruction is in the history.
 * @param {() => Promise<void>} onDone
 */
export function startReminding(onDone) {
  const remind = async () => {
    if (!request) return;
    byId("remind-error").hidden = true;
    const { id, number } = request;
    await send(`/api/requests/${encodeURIComponent(id)}/remind`, { note: byId("remind-note").value }, { key });
    byId("remind-note").value = "";
    byId("said").textContent = _("Reminded: %(number)s", { number });
    await onDone();
  };
  onSubmit(byId("remind"), remind, (error) => {
    byId("remind-error").textContent = messageOf(error);
    byId("remind-error").hidden = false;
  });
}
