/* The time slider: plays the last twelve months, or their weeks, one after the other. */

import { allWithin, byId, prefersStillness } from "../shared/dom.js";
import { periodText } from "../shared/format.js";
import { framesOf, plusDays, today } from "../shared/periods.js";
import { _, timezone } from "../shared/words.js";
import { isHeatReady } from "./heat.js";
import { current, update } from "./state.js";

// How long a month or a week stands, once it is wholly shown.
const STAND_MS = 1100;
const LOOK_MS = 100;

/** @typedef {import("../shared/periods.js").Period} Period */

/** @type {Period[]} */
let frames = [];
let isPlaying = false;
// The period before the slider was opened: closing it leads back there.
/** @type {Period | null} */
let earlier = null;

const wait = (/** @type {number} */ milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
const isShown = () => isHeatReady() && !byId("figures").hasAttribute("aria-busy");
const at = () => frames.findIndex(({ from, to }) => from === current().from && to === current().to);

/** @param {number} index */
function go(index) {
  // A year played is one step back, not fifty.
  update(frames[index], { isStep: true });
}

function mark() {
  const button = byId("play");
  button.dataset.playing = String(isPlaying);
  button.setAttribute("aria-label", isPlaying ? _("Pause") : _("Play"));
  button.title = isPlaying ? _("Pause") : _("Play");
}

function pause() {
  isPlaying = false;
  mark();
}

async function play() {
  if (isPlaying) return;
  isPlaying = true;
  mark();
  if (at() === frames.length - 1) go(0);
  while (isPlaying) {
    await wait(STAND_MS);
    while (isPlaying && !isShown()) await wait(LOOK_MS);
    if (!isPlaying || !current().play) break;
    // Somebody chose another period meanwhile: that is what they want to see.
    if (at() < 0 || at() === frames.length - 1) break;
    go(at() + 1);
  }
  pause();
}

function showFrame() {
  const { from, to } = current();
  const slider = byId("play-at");
  const text = periodText(from, plusDays(to, -1));
  slider.max = String(frames.length - 1);
  if (at() >= 0) slider.value = String(at());
  slider.setAttribute("aria-valuetext", text);
  byId("play-text").textContent = text;
}

/** Shows the slider as the state says, or puts it away. */
export function showPlaying() {
  const { play: step, from, to } = current();
  const wasHidden = byId("playing").hidden;
  byId("playing").hidden = !step;
  ["aria-pressed", "aria-expanded"].forEach((name) => {
    byId("play-open").setAttribute(name, String(Boolean(step)));
  });
  if (!step) {
    pause();
    if (earlier && at() >= 0) update(earlier, { isStep: true });
    earlier = null;
    return;
  }
  frames = framesOf(step, today(timezone));
  allWithin(document, "[data-play]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.play === step));
  });
  if (wasHidden && at() < 0) earlier = { from, to };
  if (at() < 0) go(frames.length - 1);
  showFrame();
}

/** Makes the slider work. */
export function startPlaying() {
  // Whoever wants less motion moves the slider by hand.
  byId("play").hidden = prefersStillness();
  byId("play").addEventListener("click", () => (isPlaying ? pause() : play()));
  byId("play-at").addEventListener("input", () => {
    pause();
    go(Number(byId("play-at").value));
  });
  allWithin(document, "[data-play]").forEach((button) => {
    button.addEventListener("click", () => {
      pause();
      update({ play: button.dataset.play });
    });
  });
  mark();
}

/** Follows a change of the period. */
export function followPeriod() {
  if (current().play) showFrame();
}
