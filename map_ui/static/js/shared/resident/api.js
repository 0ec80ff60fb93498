/* The API as a resident calls it: without the cookie of whoever works at this machine. */

import { bodyOf, call, packed, typeOf, withQuery } from "../api.js";

/**
 * @param {string} secret
 * @returns {Record<string, string>}
 */
function bearer(secret) {
  return secret ? { Authorization: `Bearer ${secret}` } : {};
}

/**
 * Reads `path`, as nobody in particular or with the secret of a tracking link.
 * @template {string} P
 * @param {P} path
 * @param {Query} [query]
 * @param {string} [secret]
 * @returns {Promise<Reply<P>>}
 */
export async function ask(path, query = {}, secret = "") {
  return bodyOf(await call(withQuery(path, query), { credentials: "omit", headers: bearer(secret) }));
}

/**
 * A picture that is shown to the secret of a tracking link only.
 * @param {string} path
 * @param {string} secret
 */
export async function askPicture(path, secret) {
  const headers = { Accept: "image/jpeg, image/png", ...bearer(secret) };
  return (await call(path, { credentials: "omit", headers })).blob();
}

/**
 * Sends `body`, JSON or a form; the same `key` with the same body does the work once.
 * @template {string} P
 * @param {P} path
 * @param {object} body
 * @param {{ key?: string, secret?: string }} [options]
 * @returns {Promise<Reply<P, "post">>}
 */
export async function post(path, body, { key = "", secret = "" } = {}) {
  const response = await call(path, {
    method: "POST",
    credentials: "omit",
    headers: { ...typeOf(body), ...(key ? { "Idempotency-Key": key } : {}), ...bearer(secret) },
    body: packed(body),
  });
  return bodyOf(response);
}
