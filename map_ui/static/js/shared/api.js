/* The public HTTP API, as any portal would call it. */

import { takeEarly } from "./prefetch.js";
import { isAttended } from "./presence.js";
import { _, language } from "./words.js";

/** A refusal in problem+json: `status`, `code`, `message`, `mend`, `errors`, `retryAfter`. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || _("The service did not answer as expected"));
    this.status = status;
    this.code = String(body.type || "")
      .split("/")
      .pop();
    this.mend = body.mend || "";
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.retryAfter = Number(retryAfter) || null;
  }
}

async function problemOf(response) {
  let body = {};
  if ((response.headers.get("Content-Type") || "").includes("json")) {
    body = await response.json().catch(() => ({}));
  }
  return new Problem(response.status, body, response.headers.get("Retry-After"));
}

// What was read, with the version that it was read in.
const versions = new WeakMap();

/** The version in which `body` was read; "" if the service told none. */
export function versionOf(body) {
  return versions.get(body) || body?.version || "";
}

async function readJson(response) {
  const body = await response.json();
  const version = response.headers.get("ETag");
  if (version && body && typeof body === "object") versions.set(body, version);
  return body;
}

/** Sends a request and reads its reply as `readAs` does; a refusal is thrown as Problem. */
export async function call(path, options, readAs = readJson) {
  let response;
  try {
    response = await (takeEarly(path) ||
      fetch(path, {
        credentials: "same-origin",
        ...options,
        headers: {
          Accept: "application/json",
          "Accept-Language": language,
          // A session ends when nobody is there, whatever the page goes on to ask for.
          ...(isAttended() ? {} : { "X-Background": "1" }),
          ...options.headers,
        },
      }));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: _("The service cannot be reached; check the network") });
  }
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : readAs(response);
}

/** `path` with `query`; entries without a value are left out. */
export function withQuery(path, query) {
  const pairs = Object.entries(query).filter(([, value]) => value);
  const search = new URLSearchParams(pairs).toString();
  return search ? `${path}?${search}` : path;
}

/** Reads `path` with `query`. */
export function read(path, query = {}, signal = undefined) {
  return call(withQuery(path, query), { signal });
}

/** The token of the session's readable cookie; "" before anybody signed in. */
export function csrfToken() {
  const found = document.cookie.match(/(?:^|;\s*)minqing_csrf=([^;]*)/);
  return found ? decodeURIComponent(found[1]) : "";
}

/**
 * Sends `body` as JSON, or a form as it is, with the token that proves the page is ours;
 * `key` makes a retry harmless; `seen` is what was read before, and is refused (412) when
 * somebody has changed it since.
 */
export function send(path, body = {}, { key = "", method = "POST", seen = null, signal = undefined } = {}) {
  const version = seen ? versionOf(seen) : "";
  const isForm = body instanceof FormData;
  return call(path, {
    method,
    signal,
    headers: {
      // Of a form the browser says the type itself, because it draws the boundary.
      ...(isForm ? {} : { "Content-Type": "application/json" }),
      "X-CSRF-Token": csrfToken(),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...(version ? { "If-Match": version } : {}),
    },
    body: isForm ? body : JSON.stringify(body),
  });
}

/** Goes to the sign-in page and back here afterwards. */
export function goToLogin() {
  const here = window.location.pathname + window.location.search + window.location.hash;
  window.location.assign(`/login?next=${encodeURIComponent(here)}`);
}

/** True when the answer to `error` is to sign in or to change the first password. */
export function needsLogin(error) {
  return error instanceof Problem && (error.status === 401 || error.code === "must-change-password");
}
