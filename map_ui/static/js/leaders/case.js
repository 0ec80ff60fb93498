/* One case in full: its state, what happened, and why it was dispatched as it was. */

import { messageOf, Problem, read } from "../shared/api.js";
import { readDecisions } from "../shared/decisions.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId, el, focused } from "../shared/dom.js";
import { handlerText } from "../shared/duties.js";
import { moment } from "../shared/format.js";
import { doerName, saidWith } from "../shared/history.js";
import { placeText } from "../shared/places.js";
import { ratingText } from "../shared/ratings.js";
import { stageName } from "../shared/stages.js";
import { doneName } from "../shared/verbs.js";
import { _, timezone } from "../shared/words.js";
import { dueText } from "./deadlines.js";
import { offerReminding, startReminding } from "./reminder.js";
import { current, update } from "./state.js";

const box = byId("case");
/** @type {HTMLElement | null} */
let opener = null;
/** @type {import("./dialogs.js").OnTrouble} */
let report;
let mayRemind = false;

const at = (/** @type {string} */ instant) => moment(instant, timezone);

/** @param {Schema<"RequestOut">} request */
function showState(request) {
  byId("case-title").textContent = joined([request.service_name, request.number], " ");
  byId("case-state").replaceChildren(
    el("span", { class: "row__stage", "data-stage": request.stage, text: stageName(request.stage) }),
    el("span", { class: request.is_overdue ? "row__due late" : "row__due", text: dueText(request) }),
  );
  byId("case-words").textContent = request.description || "";
}

/** @param {Schema<"AttachmentOut">[]} photos */
function showPhotos(photos) {
  byId("case-photos").hidden = !photos.length;
  byId("case-photos").replaceChildren(
    ...photos.map((photo, index) =>
      el(
        "li",
        {},
        el(
          "a",
          { href: photo.url, target: "_blank", rel: "noopener" },
          el("img", { src: photo.url, alt: _("Photo %(count)s", { count: index + 1 }), loading: "lazy" }),
        ),
      ),
    ),
  );
}

/** @param {Schema<"ContactOut">} contact */
function contactText({ name, phone, erased_at: erasedAt }) {
  return erasedAt ? _("The contact was erased") : joined([name, phone], " ");
}

/** @param {Schema<"RequestOut">} request */
function showFacts(request) {
  const facts = [
    [_("Handled by"), handlerText(request.handler)],
    [_("Where"), placeText(request.areas)],
    [_("Address"), request.address],
    [_("Ordered at"), at(request.ordered_at)],
    [_("Due at"), at(request.due_at)],
    [_("Completed at"), request.completed_at && at(request.completed_at)],
    [_("Reminded at"), request.reminded_at && at(request.reminded_at)],
    [_("Rating"), ratingText(request)],
    [_("Number in another system"), request.external_id],
    [_("Contact"), request.contact && contactText(request.contact)],
  ];
  byId("case-facts").replaceChildren(
    ...facts
      .filter(([, text]) => text)
      .map(([name, text]) => el("div", {}, el("dt", { text: name }), el("dd", { text }))),
  );
}

/** @param {Schema<"EventOut">[]} events */
function showHistory(events) {
  byId("case-history").replaceChildren(
    ...events.map((event) =>
      el(
        "li",
        { "data-verb": event.verb },
        el(
          "p",
          { class: "case__event" },
          el("strong", { text: doneName(event.verb) }),
          el("span", { text: doerName(event) }),
          el("time", { datetime: event.at, text: at(event.at) }),
        ),
        ...saidWith(event).map((text) => el("p", { class: "case__said", text })),
      ),
    ),
  );
}

/** @param {import("../shared/decisions.js").Decision[]} decisions */
function showDecisions(decisions) {
  byId("case-dispatch").hidden = !decisions.length;
  byId("case-decisions").replaceChildren(
    ...decisions.map((decision) =>
      el(
        "li",
        {},
        el("time", { datetime: decision.at, text: at(decision.at) }),
        el(
          "ul",
          {},
          decision.candidates.map((candidate) =>
            el(
              "li",
              { "data-verdict": candidate.verdict },
              el("strong", { text: candidate.name }),
              el("span", { text: candidate.text }),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Who may not know why still sees the case. @param {string} id */
async function findDecisions(id) {
  try {
    return await readDecisions(id);
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return [];
    throw error;
  }
}

function open() {
  if (box.open) return;
  opener = focused();
  byId("case-title").textContent = _("Case");
  byId("case-note").textContent = _("Loading …");
  byId("case-body").hidden = true;
  box.showModal();
}

function close() {
  if (!box.open) return;
  box.close();
  // A list that was fetched meanwhile has new rows: the one of this case has the focus.
  const { id } = box.dataset;
  const [fresh] = id ? allWithin(byId("cases-rows"), `[data-id="${id}"]`) : [];
  (fresh || opener)?.focus();
}

/** Shows the case the state names, or none. */
export async function showCase() {
  const id = current().case;
  if (!id) {
    close();
    return;
  }
  open();
  box.dataset.id = id;
  const path = /** @type {const} */ (`/api/requests/${encodeURIComponent(id)}`);
  try {
    const [request, history, decisions] = await Promise.all([read(path), read(`${path}/history`), findDecisions(id)]);
    if (id !== current().case) return;
    showState(request);
    showPhotos(request.attachments);
    showFacts(request);
    showHistory(history.items);
    showDecisions(decisions);
    offerReminding(mayRemind && request.status === "open" ? request : null);
    byId("case-note").textContent = "";
    byId("case-body").hidden = false;
  } catch (error) {
    byId("case-note").textContent = messageOf(error);
    report(error, showCase);
  }
}

/**
 * Makes the dialog's ways out work; `onTrouble(error, again)` tells what went wrong.
 * @param {import("./dialogs.js").Ways} ways
 */
export function startCase({ canRemind, onTrouble, onChange }) {
  report = onTrouble;
  mayRemind = canRemind;
  startReminding(async () => {
    await showCase();
    byId("case-title").focus();
    onChange();
  });
  byId("case-close").addEventListener("click", () => update({ case: "" }));
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    update({ case: "" });
  });
  box.addEventListener("click", (event) => {
    // Only the backdrop is the dialog itself; everything else is in it.
    if (event.target === box) update({ case: "" });
  });
}
