/* One order through its secret address: follow, withdraw, rate, reopen. */

import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { ask, makeKey, post } from "../shared/resident/api.js";
import { showPhotos, startPhotos } from "../shared/resident/photos.js";
import { deadline, handlerText, moment } from "../shared/resident/words.js";
import { startTheme } from "../shared/theme.js";
import { _ } from "../shared/words.js";

// Held in this page only; it is the address itself.
const secret = window.location.pathname.split("/").pop();

const WAY = ["dispatched", "accepted", "completed", "rated"];

const stepName = (stage) =>
  ({
    dispatched: _("Dispatched"),
    accepted: _("Accepted"),
    completed: _("Completed"),
    rated: _("Rated"),
  })[stage];

const stateName = (stage) =>
  ({
    ordered: _("Your order has arrived"),
    dispatched: _("Waiting to be accepted"),
    accepted: _("Being worked on"),
    completed: _("Completed: please rate it"),
    rated: _("Rated, thank you"),
    withdrawn: _("Withdrawn by you"),
    rejected: _("Closed: nothing of ours to settle"),
    merged: _("Goes on with another order about the same"),
  })[stage] || stage;

const verbName = (verb) =>
  ({
    order: _("Ordered"),
    dispatch: _("Dispatched"),
    accept: _("Accepted"),
    decline: _("Given to somebody else"),
    transfer: _("Given to somebody else"),
    progress: _("News"),
    attach: _("Photo added"),
    complete: _("Completed"),
    rate: _("Rated"),
    reopen: _("Opened again"),
    withdraw: _("Withdrawn"),
    remind: _("A leader asked for speed"),
    hand_on: _("Given to somebody else"),
  })[verb] || null;

const ratingName = (rating) =>
  ({
    satisfied: _("Satisfied with it"),
    basically_satisfied: _("Mostly satisfied"),
    unsatisfied: _("Not satisfied"),
  })[rating] || rating;

let request = null;

function showWay() {
  const here = WAY.indexOf(request.stage);
  byId("way").hidden = here < 0;
  byId("way").replaceChildren(
    ...WAY.map((stage, index) =>
      el("li", {
        class: index <= here ? "way__step way__step--done" : "way__step",
        "aria-current": index === here ? "step" : null,
        text: stepName(stage),
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
    [_("Handled by"), handlerText(request.handler)],
    request.status === "open" ? [_("Due by"), deadline(request.due_at)] : null,
    request.completed_at ? [_("Completed at"), moment(request.completed_at)] : null,
    request.rating ? [_("Your rating"), ratingName(request.rating)] : null,
  ];
  byId("facts").replaceChildren(
    ...facts
      .filter((fact) => fact?.[1])
      .flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]),
  );
  if (request.is_overdue) {
    byId("facts").append(
      el("dt", { text: _("Overdue") }),
      el("dd", { class: "late", text: _("The deadline has passed; the town sees this, too") }),
    );
  }
}

function showHistory(items) {
  byId("history").replaceChildren(
    ...items
      .filter(({ verb }) => verbName(verb))
      .map(({ verb, at, note, detail }) => {
        const words = note || detail.reason;
        return el(
          "li",
          { class: "history__item" },
          el("p", { class: "history__verb", text: verbName(verb) }),
          el("time", { datetime: at, text: moment(at) }),
          words ? el("p", { class: "history__note", text: words }) : null,
          detail.by === "found" ? el("p", { class: "history__note", text: _("by number and phone digits") }) : null,
        );
      }),
  );
}

function showRequest() {
  const { stage } = request;
  byId("state-title").textContent = stateName(stage);
  showWay();
  showFacts();
  byId("rate").hidden = stage !== "completed";
  byId("reopen").hidden = !["completed", "rated"].includes(stage);
  document.querySelector(".photo-box").hidden = !["dispatched", "accepted", "completed"].includes(stage);
  byId("withdraw").hidden = !["dispatched", "accepted"].includes(stage);
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

/** Runs a verb on submit; the same words are sent with the same key until answered. */
function onVerb(form, verb, bodyOf) {
  const wrong = form.querySelector(".wrong");
  const button = form.querySelector("[type=submit]");
  let key = makeKey();
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };
  form.addEventListener("input", () => {
    key = makeKey();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    say("");
    button.setAttribute("aria-disabled", "true");
    try {
      await post(`/api/requests/${request.id}/${verb}`, bodyOf(), { key, secret });
      key = makeKey();
      form.reset();
      await refresh();
      byId("state-title").focus();
      byId("said").textContent = byId("state-title").textContent;
    } catch (error) {
      const mends = (error.errors || []).map(({ mend }) => mend);
      say(joined([error.message, ...mends]));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

function rating() {
  const chosen = byId("rate").querySelector("[name=score]:checked");
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
      error.status === 401 ? _("This address is unknown or no longer valid") : error.message;
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
onVerb(byId("withdraw").querySelector("form"), "withdraw", () => ({ reason: byId("withdraw-reason").value.trim() }));
start();
