/* Words in the page's language; a msgid is its English text. */

import { isolated } from "./directions.js";

/** @type {{ language: string, timezone: string, attribution: string[], words: Record<string, string> }} */
const page = JSON.parse(document.getElementById("page-data")?.textContent || "{}");

export const language = page.language;
export const timezone = page.timezone;
export const attribution = page.attribution;

/**
 * The text of a msgid with its %(name)s places filled.
 * @param {string} msgid
 * @param {Record<string, unknown>} [places]
 */
export function _(msgid, places = {}) {
  const text = page.words[msgid] || msgid;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in places ? isolated(String(places[name])) : whole));
}

/**
 * The text for `count` things; a language that counts otherwise says so in the catalogue.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Record<string, unknown>} [places]
 */
export function ngettext(one, many, count, places = {}) {
  const msgid = count === 1 || page.words[one] ? one : many;
  return _(msgid, { count, ...places });
}
