/* Finding an order again by what people remember of it. */

import { messageOf, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, onSubmit } from "../shared/dom.js";
import { post } from "../shared/resident/api.js";
import { _, ngettext } from "../shared/words.js";
import { showWrong } from "./errors.js";

async function find() {
  const number = byId("find-number").value.replace(/\s/g, "");
  const tail = byId("find-tail").value.replace(/\s/g, "");
  if (!number || !/^([0-9]{4}|[0-9]{7,15})$/.test(tail)) {
    showWrong("find-number", _("Please write the number and the last four digits of the telephone"));
    byId(number ? "find-tail" : "find-number").focus();
    return;
  }
  const { tracking_url: address } = await post("/api/track", { number, phone_tail: tail });
  window.location.assign(new URL(address).pathname);
}

/** @param {unknown} error */
function tell(error) {
  const { errors, retryAfter } = error instanceof Problem ? error : { errors: [], retryAfter: 0 };
  const minutes = Math.ceil((retryAfter || 0) / 60);
  const wait = minutes ? ngettext("Try again in %(count)s minute", "Try again in %(count)s minutes", minutes) : "";
  showWrong("find-number", joined([messageOf(error), errors[0]?.mend, wait]));
  byId("find-number").focus();
}

/** Goes to the tracking page of the order that the form names. */
export function startFinding() {
  byId("find").addEventListener("input", () => showWrong("find-number", ""));
  onSubmit(byId("find"), find, tell);
}
