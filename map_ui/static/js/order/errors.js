/* What is wrong, said at the field it is about. */

import { messageOf, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";

// Fields of the order as the API names them → the element that a person sees.
/** @type {Record<string, string>} */
const FIELDS = {
  service_code: "service",
  description: "description",
  name: "name",
  phone: "phone",
  location: "place",
  area_code: "place",
  lon: "place",
  lat: "place",
};
/** @type {Record<string, string>} */
const FOCUS = { place: "confirm" };

/**
 * Says `text` at the field, or takes back what was said.
 * @param {string} field
 * @param {string} text
 */
export function showWrong(field, text) {
  const node = byId(`${field}-error`);
  node.textContent = text;
  node.hidden = !text;
  const input = byId(FOCUS[field] || field);
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/**
 * Takes back what was said at the field of an element that has just changed.
 * @param {string} id
 */
export function takeBack(id) {
  const field = Object.keys(FOCUS).find((name) => FOCUS[name] === id) || id;
  if (document.getElementById(`${field}-error`)) showWrong(field, "");
}

/**
 * Takes the reader to the field.
 * @param {string} field
 */
export function goTo(field) {
  byId(FOCUS[field] || field).focus();
}

/**
 * The field that a problem's `loc` is about; null when it is none of the page's.
 * @param {(string | number)[]} loc
 */
function fieldOf(loc) {
  const name = loc
    .map(String)
    .reverse()
    .find((part) => FIELDS[part]);
  return name ? FIELDS[name] : null;
}

/**
 * Shows a refusal at its fields; what belongs to none goes into the box at the end.
 * @param {unknown} error
 */
export function showProblem(error) {
  /** @type {string[]} */
  const rest = [];
  /** @type {string | null} */
  let first = null;
  for (const { loc, msg, mend } of error instanceof Problem ? error.errors : []) {
    const text = joined([msg, mend]);
    const field = fieldOf(loc);
    if (field) showWrong(field, text);
    else rest.push(text);
    first = first || field;
  }
  if (first && !rest.length) goTo(first);
  else showAlarm([messageOf(error), ...rest]);
}

/**
 * Shows lines in the box above the button and reads them out; none hides it.
 * @param {string[]} lines
 */
export function showAlarm(lines) {
  const box = byId("order-error");
  box.replaceChildren(...[...new Set(lines)].map((text) => el("p", { text })));
  box.hidden = !lines.length;
  if (lines.length) box.focus();
}
