/* What has been filled in, kept for a reload; it ends with the tab or with the order. */

import { makeKey } from "../shared/keys.js";

/**
 * A place as a resident chose it: a point with the areas that it lies in, or areas alone.
 * @typedef {object} Place
 * @property {{ lon: number, lat: number, accuracy_m?: number }} [point]
 * @property {NamedArea[]} areas
 * @property {boolean} isAmbiguous
 * @property {NamedArea[]} others beyond the border, when the point lies close to one
 */

/**
 * The draft with its one idempotency key. `sent` is the body whose reply never came:
 * it may have arrived, so that only the very same may be sent again.
 * @typedef {object} Draft
 * @property {string} key
 * @property {Place | null} place
 * @property {Record<string, string | boolean>} fields
 * @property {object | null} sent
 */

const KEY = "minqing-order";

/** @returns {Draft} */
const empty = () => ({ key: makeKey(), place: null, fields: {}, sent: null });

/** @returns {Partial<Draft>} */
function read() {
  try {
    return JSON.parse(window.sessionStorage.getItem(KEY) || "{}") || {};
  } catch {
    return {}; // storage may be forbidden, or hold what is no draft
  }
}

/** The one draft of this tab. */
export const draft = { ...empty(), ...read() };

/** Changes the draft and keeps it. @param {Partial<Draft>} changes */
export function keep(changes) {
  Object.assign(draft, changes);
  try {
    window.sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // not kept, but the page goes on
  }
}

/** Ends the draft; the next one has a key of its own. */
export function forget() {
  Object.assign(draft, empty());
  try {
    window.sessionStorage.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}
