/* What is not yet sent, and what was refused: shown until it is gone. */

import { goToLogin, needsLogin } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { deedName } from "../shared/verbs.js";
import { _ } from "../shared/words.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./store.js").KeptAct} KeptAct */

/** @param {KeptAct} act */
function wordsOf({ body }) {
  return String(body?.note || body?.description || "");
}

/**
 * @param {KeptAct} act
 * @param {Outbox} outbox
 */
function line(act, outbox) {
  return el(
    "li",
    { class: act.refusal ? "unsent unsent--refused" : "unsent" },
    el(
      "p",
      {},
      el("strong", { text: act.verb === "order" ? deedName("order") : joined([deedName(act.verb), act.title]) }),
      " ",
      el("span", { class: "unsent__number", text: act.number || "" }),
    ),
    wordsOf(act) ? el("p", { class: "unsent__words", text: wordsOf(act) }) : null,
    act.refusal
      ? [
          el(
            "div",
            { role: "alert" },
            act.refusal.map((text) => el("p", { class: "unsent__why", text })),
          ),
          el("button", {
            type: "button",
            class: "secondary",
            text: _("Seen, remove it"),
            onclick: () => outbox.dismiss(act),
          }),
        ]
      : null,
  );
}

/** @param {Outbox} outbox */
function stateText(outbox) {
  if (outbox.trouble && needsLogin(outbox.trouble)) return _("Sign in again, then it is sent");
  if (outbox.isSending) return _("Sending …");
  if (!window.navigator.onLine) return _("No network; it is sent when there is one");
  return outbox.trouble ? _("It could not be sent yet and is tried again") : "";
}

/** Shows the outbox above everything else; nothing when it is empty. @param {Outbox} outbox */
export function showWaiting(outbox) {
  const waiting = outbox.acts.filter((act) => !act.refusal).length;
  byId("waiting").hidden = !outbox.isWorthTelling();
  byId("waiting-count").textContent = waiting
    ? _("Not yet sent: %(count)s", { count: waiting })
    : _("Refused by the service");
  byId("waiting-state").textContent = waiting ? stateText(outbox) : "";
  byId("waiting-again").hidden = !waiting || outbox.isSending;
  byId("waiting-list").replaceChildren(...outbox.acts.map((act) => line(act, outbox)));
}

/** Makes the button work that sends what waits. @param {Outbox} outbox */
export function startWaiting(outbox) {
  byId("waiting-again").addEventListener("click", () => {
    if (outbox.trouble && needsLogin(outbox.trouble)) goToLogin();
    else outbox.flush();
  });
}
