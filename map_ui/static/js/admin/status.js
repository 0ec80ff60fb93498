/* What the page says of the last step: done, or what went wrong. */

import { goToLogin, needsLogin, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId } from "../shared/dom.js";

/** Takes back whatever was said. */
export function settle() {
  byId("said").hidden = true;
  byId("trouble").hidden = true;
}

/** Says, and reads out, that something is done. */
export function say(text) {
  byId("trouble").hidden = true;
  byId("said").textContent = text;
  byId("said").hidden = false;
}

/** What was refused and what would mend it, as lines without repetition. */
export function linesOf(error) {
  const lines = [error.message];
  if (error instanceof Problem)
    error.errors.forEach(({ msg, mend }) => {
      lines.push(msg, mend);
    });
  return [...new Set(lines.filter(Boolean))];
}

/** Says what went wrong, with a way to do `again` what failed. */
export function report(error, again) {
  if (error.name === "AbortError") return;
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
