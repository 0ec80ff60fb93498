/* One order through its secret address: follow, withdraw, rate, reopen. */

import { messageOf, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId, el, onSubmit, within } from "../shared/dom.js";
import { residentsHandlerText } from "../shared/duties.js";
import { makeKey } from "../shared/keys.js";
import { ratingName } from "../shared/ratings.js";
import { ask, post } from "../shared/resident/api.js";
import { deadline, moment } from "../shared/resident/deadlines.js";
import { showPhotos, startPhotos } from "../shared/resident/photos.js";
import { stageName } from "../shared/stages.js";
import { startTheme } from "../shared/theme.js";
import { isResidents, toldName, VERBS } from "../shared/verbs.js";
import { _ } from "../shared/words.js";

// Held in this page only; it is the address itself.
const secret = window.location.pathname.split("/").pop() || "";

// How an order goes: the stage, and the verb that leads there.
const WAY = [
  ["dispatched", "dispatch"],
  ["accepted", "accept"],
  ["completed", "complete"],
  ["rated", "rate"],
];

/** @type {Schema<"RequestOut">} */
let request;

function showWay() {
  const here = WAY.findIndex(([stage]) => stage === request.stage);
  byId("way").hidden = here < 0;
  byId("way").replaceChildren(
    ...WAY.map(([, verb], index) =>
      el("li", {
        class: index <= here ? "way__step way__step--done" : "way__step",
        "aria-current": index === here ? "step" : null,
        text: VERBS[verb].told,
      }),
    ),
  );
}

function showFacts() {
  const facts = [
    [_("Number"), request.number],
    [_("Kind of matter"), request.service_name],
    [_("Your words"), request.description],
    [_("Ordered at"), moment(request.ordered_at)],
    [_("Handled by"), residentsHandlerText(request.handler)],
    [_("Due by"), request.status === "open" && deadline(request.due_at)],
    [_("Completed at"), request.completed_at && moment(request.completed_at)],
    [_("Your rating"), ratingName(request.rating, "resident")],
  ];
  byId("facts").replaceChildren(
    ...facts
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]),
  );
  if (request.is_overdue) {
    byId("facts").append(
      el("dt", { text: _("Overdue") }),
      el("dd", { class: "late", text: _("The deadline has passed; the town sees this, too") }),
    );
  }
}

/** @param {Schema<"EventOut">[]} items */
function showHistory(items) {
  byId("history").replaceChildren(
    ...items
      .filter(({ verb }) => toldName(verb))
      .map(({ verb, at, note, detail }) => {
        const words = note || String(detail.reason || "");
        return el(
          "li",
          { class: "history__item" },
          el("p", { class: "history__verb", text: toldName(verb) }),
          el("time", { datetime: at, text: moment(at) }),
          words ? el("p", { class: "history__note", text: words }) : null,
          detail.by === "found" ? el("p", { class: "history__note", text: _("by number and phone digits") }) : null,
        );
      }),
  );
}

function showRequest() {
  const { stage } = request;
  byId("state-title").textContent = stageName(stage, "resident");
  showWay();
  showFacts();
  byId("rate").hidden = !isResidents("rate", stage);
  byId("reopen").hidden = !isResidents("reopen", stage);
  byId("withdraw").hidden = !isResidents("withdraw", stage);
  within(document, ".photo-box").hidden = !isResidents("attach", stage);
  byId("found").hidden = false;
}

async function refresh() {
  const { items } = await ask("/api/requests", {}, secret);
  if (!items.length) throw new Error(_("There is no order behind this address"));
  [request] = items;
  const history = await ask(`/api/requests/${request.id}/history`, {}, secret);
  showRequest();
  showHistory(history.items);
  await showPhotos(request.attachments, secret);
}

/**
 * Runs a verb on submit; the same words are sent with the same key until answered.
 * @param {HTMLFormElement} form
 * @param {"rate" | "reopen" | "withdraw"} verb
 * @param {() => object} wordsOf what the form holds
 */
function onVerb(form, verb, wordsOf) {
  const wrong = within(form, ".wrong");
  let key = makeKey();
  const say = (/** @type {string} */ text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };
  const work = async () => {
    say("");
    await post(`/api/requests/${request.id}/${verb}`, wordsOf(), { key, secret });
    key = makeKey();
    form.reset();
    await refresh();
    byId("state-title").focus();
    byId("said").textContent = byId("state-title").textContent;
  };
  form.addEventListener("input", () => {
    key = makeKey();
  });
  onSubmit(form, work, (error) => {
    const mends = error instanceof Problem ? error.errors.map(({ mend }) => mend) : [];
    say(joined([messageOf(error), ...mends]));
  });
}

function rating() {
  const [chosen] = allWithin(byId("rate"), "[name=score]:checked", HTMLInputElement);
  if (!chosen) throw new Error(_("Please choose one of the three"));
  return { score: chosen.value, note: byId("rate-note").value.trim() };
}

function reason() {
  const text = byId("reopen-reason").value.trim();
  if (!text) throw new Error(_("Please say what is still missing"));
  return { reason: text };
}

async function start() {
  byId("trouble").hidden = true;
  byId("loading").hidden = false;
  try {
    await refresh();
  } catch (error) {
    byId("trouble-text").textContent =
      error instanceof Problem && error.status === 401
        ? _("This address is unknown or no longer valid")
        : messageOf(error);
    byId("trouble").hidden = false;
  } finally {
    byId("loading").hidden = true;
  }
}

startTheme();
byId("trouble-again").addEventListener("click", start);
startPhotos({ order: async () => ({ id: request.id, secret }), onAdded: refresh });
onVerb(byId("rate"), "rate", rating);
onVerb(byId("reopen"), "reopen", reason);
onVerb(within(byId("withdraw"), "form", HTMLFormElement), "withdraw", () => ({
  reason: byId("withdraw-reason").value.trim(),
}));
start();
