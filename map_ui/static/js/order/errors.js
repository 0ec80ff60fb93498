/* What is wrong, said at the field it is about. */

import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";

// Fields of the order as the API names them → the element that a person sees.
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
const FOCUS = { place: "confirm" };

/** Says `text` at the field, or takes back what was said. */
export function showWrong(field, text) {
  const node = byId(`${field}-error`);
  node.textContent = text;
  node.hidden = !text;
  const input = byId(FOCUS[field] || field);
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** Takes back what was said at the field of an element that has just changed. */
export function takeBack(id) {
  const field = Object.keys(FOCUS).find((name) => FOCUS[name] === id) || id;
  if (document.getElementById(`${field}-error`)) showWrong(field, "");
}

/** Takes the reader to the field. */
export function goTo(field) {
  byId(FOCUS[field] || field).focus();
}

/** The field that a problem's `loc` is about; null when it is none of the page's. */
function fieldOf(loc) {
  const name = [...loc].reverse().find((part) => FIELDS[part]);
  return name ? FIELDS[name] : null;
}

/** Shows a refusal at its fields; what belongs to none goes into the box at the end. */
export function showProblem(error) {
  const rest = [];
  let first = null;
  for (const { loc, msg, mend } of error.errors || []) {
    const text = joined([msg, mend]);
    const field = fieldOf(loc || []);
    if (field) showWrong(field, text);
    else rest.push(text);
    first = first || field;
  }
  if (first && !rest.length) goTo(first);
  else showAlarm([error.message, ...rest]);
}

/** Shows lines in the box above the button and reads them out; none hides it. */
export function showAlarm(lines) {
  const box = byId("order-error");
  box.replaceChildren(...[...new Set(lines)].map((text) => el("p", { text })));
  box.hidden = !lines.length;
  if (lines.length) box.focus();
}
