/* What the frame's address asks for, and the API asked as anybody would ask it. */

import { bodyOf, call, withQuery } from "../shared/api.js";

const query = new URLSearchParams(window.location.search);
const word = (/** @type {string} */ name, otherwise = "") => query.get(name) || otherwise;

/** The parameters of the frame's address. */
export const wanted = {
  key: word("key"),
  area: word("area"),
  layer: word("layer", "heat"),
  from: word("from"),
  to: word("to"),
  group: word("group"),
  theme: ["light", "dark"].includes(word("theme")) ? word("theme") : "auto",
};

/**
 * Asks for `path` with the portal's key and never with the visitor's cookies.
 * @param {string} path
 * @param {Query} parameters
 */
const askFor = (path, parameters) =>
  call(withQuery(path, { ...parameters, portal_key: wanted.key }), { credentials: "omit" });

/**
 * Reads `path` with the portal's key.
 * @template {string} P
 * @param {P} path
 * @param {Query} [parameters]
 * @returns {Promise<Reply<P>>}
 */
export async function ask(path, parameters = {}) {
  return bodyOf(await askFor(path, parameters));
}

/**
 * Reads the bytes at `path`; null when there are none.
 * @param {string} path
 * @param {Query} [parameters]
 */
export async function askBytes(path, parameters = {}) {
  const response = await askFor(path, parameters);
  return response.status === 204 ? null : new Uint8Array(await response.arrayBuffer());
}
