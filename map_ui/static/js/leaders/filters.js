/* The period buttons and the two dates of one's own. */

import { allWithin, byId } from "../shared/dom.js";
import { periodText } from "../shared/format.js";
import { plusDays, presets, today } from "../shared/periods.js";
import { _, timezone } from "../shared/words.js";
import { current, update } from "./state.js";

/** @typedef {import("../shared/periods.js").Period} Period */

const buttons = () => allWithin(document, "[data-period]");

/**
 * Marks the button of the present period and writes the period out.
 * @param {import("../shared/periods.js").Period} period
 */
export function showPeriod({ from, to }) {
  /** @type {Record<string, Period>} */
  const known = presets(today(timezone));
  const name = Object.keys(known).find((key) => known[key].from === from && known[key].to === to) || "own";
  buttons().forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.period === name));
  });
  byId("period-text").textContent = periodText(from, plusDays(to, -1));
}

function startOwnPeriod() {
  const form = byId("own-period");
  const button = byId("own-period-button");
  const [first, last] = [byId("own-first"), byId("own-last")];
  const toggle = (/** @type {boolean} */ isOpen) => {
    form.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => {
    const { from, to } = current();
    first.value = from;
    last.value = plusDays(to, -1);
    last.setCustomValidity("");
    toggle(form.hidden);
    if (!form.hidden) first.focus();
  });
  const check = () =>
    last.setCustomValidity(
      first.value && last.value && last.value < first.value ? _("The last day must not lie before the first") : "",
    );
  first.addEventListener("input", check);
  last.addEventListener("input", check);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    update({ from: first.value, to: plusDays(last.value, 1) });
    toggle(false);
    button.focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle(false);
    button.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    const isOutside = target instanceof Node && !form.contains(target) && !button.contains(target);
    if (!form.hidden && isOutside) toggle(false);
  });
}

/** Makes the period buttons work. */
export function startFilters() {
  for (const button of buttons()) {
    const name = button.dataset.period || "own";
    if (name === "own") continue;
    button.addEventListener("click", () => {
      /** @type {Record<string, Period>} */
      const known = presets(today(timezone));
      update(known[name]);
    });
  }
  startOwnPeriod();
}
