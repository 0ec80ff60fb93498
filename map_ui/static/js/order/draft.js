/* What has been filled in, kept for a reload; it ends with the tab or with the order. */

import { makeKey } from "../shared/resident/api.js";

const KEY = "minqing-order";

function read() {
  try {
    return JSON.parse(window.sessionStorage.getItem(KEY)) || {};
  } catch {
    return {}; // storage may be forbidden, or hold what is no draft
  }
}

/**
 * The draft with its one idempotency key. `sent` is the body whose reply never came:
 * it may have arrived, so that only the very same may be sent again.
 */
export const draft = { key: makeKey(), place: null, fields: {}, sent: null, ...read() };

/** Changes the draft and keeps it. */
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
  Object.assign(draft, { key: makeKey(), place: null, fields: {}, sent: null });
  try {
    window.sessionStorage.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}
