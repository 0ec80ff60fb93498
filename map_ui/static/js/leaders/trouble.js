/* What went wrong, said over the map. */

import { goToLogin, isGivenUp, messageOf, needsLogin, Problem } from "../shared/api.js";
import { byId } from "../shared/dom.js";
import { current } from "./state.js";

/**
 * Says what went wrong, where everybody looks, with a way to try again.
 * @param {unknown} error
 * @param {() => unknown} again
 */
export function report(error, again) {
  if (isGivenUp(error)) return;
  if (needsLogin(error)) {
    goToLogin();
    return;
  }
  byId("trouble-text").textContent = messageOf(error);
  byId("trouble").hidden = false;
  byId("trouble-again").onclick = () => {
    byId("trouble").hidden = true;
    again();
  };
  const isElsewhere = error instanceof Problem && error.status === 404 && current().area;
  byId("trouble-home").hidden = !isElsewhere;
  byId("loading").hidden = true;
}
