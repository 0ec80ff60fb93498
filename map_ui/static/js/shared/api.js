/* The public HTTP API, as any portal would call it. */

import { takeEarly } from "./prefetch.js";
import { isAttended } from "./presence.js";
import { _, language } from "./words.js";

/** A refusal in problem+json; `status` is 0 where the service did not answer at all. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Partial<Schema<"Problem">>} body
   * @param {string | null} [retryAfter] in seconds
   */
  constructor(status, body, retryAfter = null) {
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

/** What an error says. @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What was refused and what would mend it, as lines without repetition.
 * @param {unknown} error
 */
export function linesOf(error) {
  const lines = [messageOf(error)];
  if (error instanceof Problem) for (const { msg, mend } of error.errors) lines.push(msg, mend || "");
  return [...new Set(lines.filter(Boolean))];
}

/** True for what was given up on purpose, because something else is wanted. @param {unknown} error */
export const isGivenUp = (error) => error instanceof Error && error.name === "AbortError";

/** @param {Response} response */
async function problemOf(response) {
  let body = {};
  if ((response.headers.get("Content-Type") || "").includes("json")) {
    body = await response.json().catch(() => ({}));
  }
  return new Problem(response.status, body, response.headers.get("Retry-After"));
}

// What was read, with the version that it was read in.
/** @type {WeakMap<object, string>} */
const versions = new WeakMap();

/**
 * The version in which `body` was read; "" if the service told none.
 * @param {object} body
 */
export function versionOf(body) {
  return versions.get(body) || ("version" in body && String(body.version || "")) || "";
}

/**
 * What a reply holds, kept in mind with its version; null when it holds nothing.
 * @param {Response} response
 */
export async function bodyOf(response) {
  if (response.status === 204) return null;
  const body = await response.json();
  const version = response.headers.get("ETag");
  if (version && body && typeof body === "object") versions.set(body, version);
  return body;
}

/**
 * Sends a request and waits for its reply; a refusal is thrown as Problem.
 * @param {string} path
 * @param {RequestInit & { headers?: Record<string, string> }} [options]
 */
export async function call(path, options = {}) {
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
    if (isGivenUp(error)) throw error;
    throw new Problem(0, { detail: _("The service cannot be reached; check the network") });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * `path` with `query`; entries without a value are left out.
 * @param {string} path
 * @param {Query} query
 */
export function withQuery(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, String(value));
  return search.toString() ? `${path}?${search}` : path;
}

/**
 * Reads `path` with `query`.
 * @template {string} P
 * @param {P} path
 * @param {Query} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Reply<P>>}
 */
export async function read(path, query = {}, signal = undefined) {
  return bodyOf(await call(withQuery(path, query), { signal }));
}

/** The token of the session's readable cookie; "" before anybody signed in. */
export function csrfToken() {
  const found = document.cookie.match(/(?:^|;\s*)minqing_csrf=([^;]*)/);
  return found ? decodeURIComponent(found[1]) : "";
}

/** The headers of what is sent: of a form the browser says the type itself, as it draws the boundary. @param {unknown} body */
export function typeOf(body) {
  /** @type {Record<string, string>} */
  const headers = body instanceof FormData ? {} : { "Content-Type": "application/json" };
  return headers;
}

/** What goes over the wire. @param {object} body */
export const packed = (body) => (body instanceof FormData ? body : JSON.stringify(body));

/**
 * Sends `body` as JSON, or a form as it is, with the token that proves the page is ours;
 * `key` makes a retry harmless; `seen` is what was read before, and is refused (412) when
 * somebody has changed it since.
 * @template {string} P
 * @template {ApiMethod} [M="POST"]
 * @param {P} path
 * @param {object} [body]
 * @param {{ key?: string, method?: M, query?: Query, seen?: object | null, signal?: AbortSignal }} [options]
 * @returns {Promise<Reply<P, Lowercase<M>>>}
 */
export async function send(path, body = {}, { key = "", method, query = {}, seen = null, signal } = {}) {
  const version = seen ? versionOf(seen) : "";
  const response = await call(withQuery(path, query), {
    method: method || "POST",
    signal,
    headers: {
      ...typeOf(body),
      "X-CSRF-Token": csrfToken(),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...(version ? { "If-Match": version } : {}),
    },
    body: packed(body),
  });
  return bodyOf(response);
}

/** Goes to the sign-in page and back here afterwards. */
export function goToLogin() {
  const here = window.location.pathname + window.location.search + window.location.hash;
  window.location.assign(`/login?next=${encodeURIComponent(here)}`);
}

/**
 * True when the answer to `error` is to sign in or to change the first password.
 * @param {unknown} error
 */
export function needsLogin(error) {
  return error instanceof Problem && (error.status === 401 || error.code === "must-change-password");
}
