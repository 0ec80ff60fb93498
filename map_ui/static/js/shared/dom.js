/* Elements are built, never written as HTML: what people typed stays text. */

/** @typedef {Node | string | null | undefined} Child */

/**
 * An HTML element; `on…` attributes are listeners, `text` is its text, and what is null or
 * false is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "text") node.textContent = String(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

/**
 * The element with this id; the page is broken without it, so it must be there.
 * @template {keyof PageElements} I
 * @overload
 * @param {I} id
 * @returns {PageElements[I]}
 */
/**
 * @overload
 * @param {string} id
 * @returns {HTMLElement}
 */
/** @param {string} id */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no element #${id}`);
  return node;
}

/**
 * The one element in `box` that `selector` names; a template that lacks it is broken.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function within(box, selector, kind) {
  const node = box.querySelector(selector);
  if (!(node instanceof (kind || HTMLElement))) throw new Error(`The page has no element ${selector}`);
  return /** @type {T} */ (node);
}

/**
 * All elements in `box` that `selector` names.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T[]}
 */
export function allWithin(box, selector, kind) {
  return /** @type {T[]} */ (
    [...box.querySelectorAll(selector)].filter((node) => node instanceof (kind || HTMLElement))
  );
}

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * The control of a form that is sent under `name`.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function controlOf(form, name) {
  const control = findControl(form, name);
  if (!control) throw new Error(`The page has no element ${name}`);
  return control;
}

/**
 * The control of a form that is sent under `name`, if the form has one.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {Control | null}
 */
export function findControl(form, name) {
  const node = form.elements.namedItem(name);
  return node instanceof Element && isControl(node) ? node : null;
}

/**
 * Every control of a form that has a name.
 * @param {HTMLFormElement} form
 */
export const controlsOf = (form) => [...form.elements].filter(isControl).filter(({ name }) => name);

/** @type {(node: Element) => node is Control} */
const isControl = (node) =>
  node instanceof HTMLInputElement || node instanceof HTMLSelectElement || node instanceof HTMLTextAreaElement;

/**
 * Runs `work` when `form` is sent, one submission at a time; what it throws goes to `onTrouble`.
 * @param {HTMLFormElement} form
 * @param {() => unknown} work
 * @param {(error: unknown) => void} onTrouble
 */
export function onSubmit(form, work, onTrouble) {
  const button = within(form, "[type=submit]", HTMLButtonElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      await work();
    } catch (error) {
      onTrouble(error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

/** What has the focus, if anything has it. */
export const focused = () => (document.activeElement instanceof HTMLElement ? document.activeElement : null);

/** True when the visitor asked for less motion. */
export function prefersStillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
