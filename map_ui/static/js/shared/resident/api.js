/* The API as a resident calls it: without the cookie of whoever works at this machine. */

import { call } from "../api.js";

/** Reads `path`, as nobody in particular or with the secret of a tracking link. */
export function ask(path, query = {}, secret = "") {
  const search = new URLSearchParams(query).toString();
  return call(search ? `${path}?${search}` : path, { credentials: "omit", headers: bearer(secret) });
}

/** A picture that is shown to the secret of a tracking link only. */
export function askPicture(path, secret) {
  return call(
    path,
    {
      credentials: "omit",
      headers: { Accept: "image/jpeg, image/png", ...bearer(secret) },
    },
    (response) => response.blob(),
  );
}

/** Sends `body`, JSON or a form; the same `key` with the same body does the work once. */
export function post(path, body, { key = "", secret = "" } = {}) {
  const isForm = body instanceof FormData;
  return call(path, {
    method: "POST",
    credentials: "omit",
    headers: {
      ...(isForm ? {} : { "Content-Type": "application/json" }),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...bearer(secret),
    },
    body: isForm ? body : JSON.stringify(body),
  });
}

/** A key that nobody else draws. */
export function makeKey() {
  // randomUUID is kept from pages that came by http; this is not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bearer(secret) {
  return secret ? { Authorization: `Bearer ${secret}` } : {};
}
