/* The form of each deed that may be done with a case. */

import { messageOf } from "../shared/api.js";
import { readDecisions } from "../shared/decisions.js";
import { controlOf, el, findControl, within } from "../shared/dom.js";
import { RATINGS } from "../shared/ratings.js";
import { REASONS } from "../shared/reasons.js";
import { deedName, VERBS } from "../shared/verbs.js";
import { _ } from "../shared/words.js";
import { actsOf } from "./foresight.js";
import { field, select, tend, textarea } from "./forms.js";
import { shrink } from "./photos.js";
import { findKept } from "./store.js";

/** @typedef {import("./foresight.js").Case} Case */
/** @typedef {import("./store.js").Act} Act */
/** @typedef {{ outbox: import("./outbox.js").Outbox, me: Visitor, redraw: () => void }} Context */

/**
 * Whom it may be handed to: the candidates of the last decision but the present handler.
 * @param {Case} item
 * @returns {Promise<[string, string][]>}
 */
async function successors(item) {
  /** @type {Map<string, string>} */
  const others = new Map();
  const [last] = (await readDecisions(item.id)).slice(-1);
  for (const { person_id: id, name, text } of last?.candidates || []) {
    if (id && id !== item.handler.person_id) others.set(id, _("%(name)s (%(duty)s)", { name, duty: text }));
  }
  return [...others];
}

const PHOTOS = "image/jpeg,image/png,image/heic,image/heif,.heic,.heif";

/**
 * How each field of a verb's form is asked for.
 * @type {Record<import("../shared/verbs.js").Field, (item: Case) => HTMLElement | Promise<HTMLElement>>}
 */
const FIELDS = {
  reason: () => field(_("Reason"), select("reason", Object.entries(REASONS))),
  successor: async (item) => field(_("To whom"), select("person_id", await successors(item))),
  score: () =>
    field(
      _("What the resident says"),
      select(
        "score",
        Object.entries(RATINGS).map(([code, { staff }]) => [code, staff]),
      ),
    ),
  note: () => field(_("Note"), textarea("note")),
  outcome: () => field(_("What was done"), textarea("note", true)),
  news: () => field(_("How it goes"), textarea("note", true)),
  photo: () => field(_("Photo, if it helps"), el("input", { type: "file", name: "photo", accept: PHOTOS })),
};

/** Whether it is sent at once, without a form. @param {string} verb */
const isPlain = (verb) => !VERBS[verb].fields?.length;

/**
 * The unsent acts of a form: a photo goes before the deed that it shows.
 * @param {string} verb
 * @param {Case} item
 * @param {import("./store.js").Values} values
 * @returns {Promise<Act[]>}
 */
async function actsFrom(verb, item, { photo = [], ...values }) {
  const path = `/api/requests/${item.id}`;
  const about = { request: item.id, number: item.number, title: item.service_name };
  const pictures = await Promise.all(Array.isArray(photo) ? photo.map(shrink) : []);
  const body = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
  return [
    ...pictures.map((file) => ({ ...about, verb: "attach", path: `${path}/attachments`, file, body: null })),
    { ...about, verb, path: `${path}/${verb}`, body },
  ];
}

/**
 * @param {string} verb
 * @param {Case} item
 * @param {Visitor} me
 */
const draftOf = (verb, item, me) => `${me.username}/${item.id}/${verb}`;

/**
 * Opens the form of a verb.
 * @param {HTMLElement} box
 * @param {string} verb
 * @param {Case} item
 * @param {Context} context
 */
async function showForm(box, verb, item, { outbox, me, redraw }) {
  // It stands before its fields have come: what is drawn anew meanwhile leaves it alone.
  const form = el("form", { class: "deed", "aria-label": deedName(verb) });
  box.replaceChildren(form);
  form.append(
    ...(await Promise.all((VERBS[verb].fields || []).map((name) => FIELDS[name](item)))),
    el("button", { type: "submit", class: "primary", text: _("Send: %(what)s", { what: deedName(verb) }) }),
  );
  const reason = findControl(form, "reason");
  const note = controlOf(form, "note");
  // Another reason must be told; the closed list speaks for itself.
  reason?.addEventListener("change", () => {
    note.required = reason.value === "other";
  });
  const handOver = async (/** @type {import("./store.js").Values} */ values) =>
    outbox.add(...(await actsFrom(verb, item, values)));
  await tend(form, draftOf(verb, item, me), handOver, () => {
    form.remove();
    redraw();
  });
}

/** Takes the writer to the form's first field, with its button in sight. @param {HTMLElement} box */
function begin(box) {
  within(box, "textarea, select").focus();
  box.firstElementChild?.scrollIntoView({ block: "nearest" });
}

/**
 * Opens the form that somebody was interrupted in.
 * @param {HTMLElement} box
 * @param {string[]} verbs
 * @param {Case} item
 * @param {Context} context
 */
async function reopen(box, verbs, item, context) {
  for (const verb of verbs) {
    const draft = await findKept("drafts", draftOf(verb, item, context.me));
    if (draft) {
      await showForm(box, verb, item, context);
      return;
    }
  }
}

/**
 * Buttons for what may be done, and room for the form of the chosen one; or null.
 * @param {Case} item as the service knows it
 * @param {Case} seen as it will be
 * @param {Context} context
 */
export function deeds(item, seen, context) {
  const box = el("div", { class: "deed-box" });
  const trouble = (/** @type {unknown} */ error) =>
    box.replaceChildren(el("p", { class: "refusal", role: "alert", text: messageOf(error) }));
  const verbs = actsOf(seen, context.me);
  if (!verbs.length) return null;
  const buttons = verbs.map((verb, i) =>
    el("button", {
      type: "button",
      class: i ? "secondary" : "primary",
      "data-verb": verb,
      text: deedName(verb),
      onclick: () => {
        if (isPlain(verb))
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
