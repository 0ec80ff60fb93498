/* Why a case was dispatched as it was. */

import { read } from "./api.js";

/**
 * The stored OpenAPI file says of a decision that it is an object, and no more.
 * @typedef {object} Decision
 * @property {string} at
 * @property {{ name: string, person_id: string | null, text: string, verdict: string }[]} candidates
 */

/** Every decision about who handles a case, oldest first. @param {string} id */
export async function readDecisions(id) {
  const { decisions } = await read(`/api/requests/${encodeURIComponent(id)}/dispatch`);
  return /** @type {Decision[]} */ (/** @type {unknown} */ (decisions));
}
