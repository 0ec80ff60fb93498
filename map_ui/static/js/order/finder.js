/* Finding an order again by what people remember of it. */

import { joined } from "../shared/directions.js";
import { byId } from "../shared/dom.js";
import { post } from "../shared/resident/api.js";
import { _, ngettext } from "../shared/words.js";
import { showWrong } from "./errors.js";

/** Goes to the tracking page of the order that the form names. */
export function startFinding() {
  const form = byId("find");
  const button = form.querySelector("[type=submit]");
  form.addEventListener("input", () => showWrong("find-number", ""));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    const number = byId("find-number").value.replace(/\s/g, "");
    const tail = byId("find-tail").value.replace(/\s/g, "");
    if (!number || !/^([0-9]{4}|[0-9]{7,15})$/.test(tail)) {
      showWrong("find-number", _("Please write the number and the last four digits of the telephone"));
      byId(number ? "find-tail" : "find-number").focus();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    try {
      const { tracking_url: address } = await post("/api/track", { number, phone_tail: tail });
      window.location.assign(new URL(address).pathname);
    } catch (error) {
      const [first] = error.errors || [];
      const minutes = Math.ceil(error.retryAfter / 60);
      const wait = minutes ? ngettext("Try again in %(count)s minute", "Try again in %(count)s minutes", minutes) : "";
      showWrong("find-number", joined([error.message, first?.mend, wait]));
      byId("find-number").focus();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}
