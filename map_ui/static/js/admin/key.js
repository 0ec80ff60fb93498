/* What every kind of key has in common on its page: when it was made, and its end. */

import { send } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { moment } from "../shared/format.js";
import { _, timezone } from "../shared/words.js";
import { ask } from "./forms.js";
import { report, say } from "./status.js";

/** @typedef {{ id: string, name: string, created_at: string, revoked_at: string | null }} Key */

/**
 * Where keys of a kind are kept, what follows from ending one, and what is done then.
 * @typedef {{ path: "/api/portal-keys" | "/api/server-keys", text: string, onRevoked: () => Promise<void> }} Kind
 */

/**
 * @param {Key} key
 * @param {Kind} kind
 */
async function revoke(key, { path, text, onRevoked }) {
  const isSure = await ask({ title: _("Revoke the key of %(name)s?", { name: key.name }), text, yes: _("Revoke") });
  if (!isSure) return;
  await send(`${path}/${key.id}`, {}, { method: "DELETE" });
  say(_("Key revoked: %(name)s", { name: key.name }));
  await onRevoked();
}

/**
 * Since when a key holds, with a way to end it, or when it was ended. `path` is where
 * keys of its kind are kept, `text` what follows from ending one.
 * @param {Key} key
 * @param {Kind} kind
 */
export function keyState(key, kind) {
  if (key.revoked_at) {
    return el("span", { class: "state--off", text: _("Revoked %(time)s", { time: moment(key.revoked_at, timezone) }) });
  }
  const again = () => revoke(key, kind).catch((error) => report(error, again));
  return el(
    "div",
    {},
    _("Made %(time)s", { time: moment(key.created_at, timezone) }),
    " ",
    el("button", {
      type: "button",
      class: "linkish linkish--bad",
      "aria-haspopup": "dialog",
      text: _("Revoke"),
      "aria-label": _("Revoke the key of %(name)s", { name: key.name }),
      onclick: again,
    }),
  );
}
