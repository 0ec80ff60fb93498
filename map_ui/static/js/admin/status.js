/* What the page says of the last step: done, or what went wrong. */

import { goToLogin, isGivenUp, linesOf, needsLogin } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId } from "../shared/dom.js";

/** Takes back whatever was said. */
export function settle() {
  byId("said").hidden = true;
  byId("trouble").hidden = true;
}

/**
 * Says, and reads out, that something is done.
 * @param {string} text
 */
export function say(text) {
  byId("trouble").hidden = true;
  byId("said").textContent = text;
  byId("said").hidden = false;
}

/**
 * Says what went wrong, with a way to do `again` what failed.
 * @param {unknown} error
 * @param {() => unknown} again
 */
export function report(error, again) {
  if (isGivenUp(error)) return;
  if (needsLogin(error)) {
    goToLogin();
    return;
  }
  byId("said").hidden = true;
  byId("trouble-text").textContent = joined(linesOf(error));
  byId("trouble").hidden = false;
  byId("trouble-again").onclick = () => {
    byId("trouble").hidden = true;
    again();
  };
}
