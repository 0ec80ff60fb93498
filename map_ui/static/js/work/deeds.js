/* What may be done with a case, and the form of each deed. */

import { read } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { ratings, reasons } from "../shared/wording.js";
import { _ } from "../shared/words.js";
import { field, select, tend, textarea } from "./forms.js";
import { shrink } from "./photos.js";
import { findKept } from "./store.js";
import { verbName } from "./words.js";

const DESKS = ["town_desk", "county_desk"];
const AREA_ROLES = ["village_cadre", "town_leader", "county_leader"];

/** Verbs that the page offers, the most likely first; the service has the last word. */
export function actsOf(item, me) {
  const isMine = Boolean(me.person_id) && item.handler.person_id === me.person_id;
  const isKeeper = AREA_ROLES.includes(me.role);
  const isAtDesk = DESKS.includes(item.handler.duty);
  if (item.isHandedOn) return [];
  if (item.stage === "dispatched") {
    return [
      me.person_id ? "accept" : null,
      isMine && !isAtDesk ? "decline" : null,
      isMine || isKeeper ? "transfer" : null,
    ].filter(Boolean);
  }
  if (item.stage === "accepted") {
    return [...(isMine ? ["complete", "progress"] : []), ...(isMine || isKeeper ? ["transfer"] : [])];
  }
  return item.stage === "completed" && isKeeper && !isMine ? ["rate"] : [];
}

/** Whom it may be handed to: the candidates of the last decision but the present handler. */
async function successors(item) {
  const { decisions } = await read(`/api/requests/${item.id}/dispatch`);
  const last = decisions[decisions.length - 1] || { candidates: [] };
  const others = last.candidates.filter(({ person_id: id }) => id !== item.handler.person_id);
  return [
    ...new Map(others.map((one) => [one.person_id, _("%(name)s (%(duty)s)", { name: one.name, duty: one.text })])),
  ];
}

async function fieldsOf(verb, item) {
  if (verb === "decline") return [field(_("Reason"), select("reason", reasons())), field(_("Note"), textarea("note"))];
  if (verb === "transfer") {
    return [field(_("To whom"), select("person_id", await successors(item))), field(_("Note"), textarea("note"))];
  }
  if (verb === "rate") {
    return [field(_("What the resident says"), select("score", ratings())), field(_("Note"), textarea("note"))];
  }
  return [
    field(verb === "complete" ? _("What was done") : _("How it goes"), textarea("note", true)),
    field(
      _("Photo, if it helps"),
      el("input", { type: "file", name: "photo", accept: "image/jpeg,image/png,image/heic,image/heif,.heic,.heif" }),
    ),
  ];
}

/** The unsent acts of a form: a photo goes before the deed that it shows. */
async function actsFrom(verb, item, { photo = [], ...values }) {
  const path = `/api/requests/${item.id}`;
  const about = { request: item.id, number: item.number, title: item.service_name };
  const pictures = await Promise.all(photo.map(shrink));
  return [
    ...pictures.map((file) => ({ ...about, verb: "attach", path: `${path}/attachments`, file, body: null })),
    {
      ...about,
      verb,
      path: `${path}/${verb}`,
      body: Object.fromEntries(Object.entries(values).filter(([, value]) => value)),
    },
  ];
}

const draftOf = (verb, item, me) => `${me.username}/${item.id}/${verb}`;

/** Opens the form of a verb. */
async function showForm(box, verb, item, { outbox, me, redraw }) {
  const form = el(
    "form",
    { class: "deed", "aria-label": verbName(verb) },
    await fieldsOf(verb, item),
    el("button", { type: "submit", class: "primary", text: _("Send: %(what)s", { what: verbName(verb) }) }),
  );
  const reason = form.elements.reason;
  // Another reason must be told; the closed list speaks for itself.
  reason?.addEventListener("change", () => {
    form.elements.note.required = reason.value === "other";
  });
  box.replaceChildren(form);
  await tend(form, draftOf(verb, item, me), async (values) => {
    await outbox.add(...(await actsFrom(verb, item, values)));
    form.remove();
    redraw();
  });
}

/** Takes the writer to the form's first field, with its button in sight. */
function begin(box) {
  box.querySelector("textarea, select").focus();
  box.firstElementChild.scrollIntoView({ block: "nearest" });
}

/** Opens the form that somebody was interrupted in. */
async function reopen(box, verbs, item, context) {
  for (const verb of verbs) {
    const draft = await findKept("drafts", draftOf(verb, item, context.me));
    if (draft) {
      await showForm(box, verb, item, context);
      return;
    }
  }
}

/** Buttons for what may be done, and room for the form of the chosen one; or null. */
export function deeds(item, seen, context) {
  const box = el("div", { class: "deed-box" });
  const trouble = (error) => box.replaceChildren(el("p", { class: "refusal", role: "alert", text: error.message }));
  const verbs = actsOf(seen, context.me);
  if (!verbs.length) return null;
  const buttons = verbs.map((verb, i) =>
    el("button", {
      type: "button",
      class: i ? "secondary" : "primary",
      "data-verb": verb,
      text: verbName(verb),
      onclick: () => {
        if (verb === "accept")
          actsFrom(verb, item, {})
            .then((acts) => context.outbox.add(...acts))
            .catch(trouble);
        else
          showForm(box, verb, item, context)
            .then(() => begin(box))
            .catch(trouble);
      },
    }),
  );
  // Without storage there are no drafts to go on with.
  reopen(box, verbs, item, context).catch(() => {});
  return el("div", { class: "deeds" }, el("div", { class: "deeds__row" }, buttons), box);
}
