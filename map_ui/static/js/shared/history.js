/* What happened to a case: who did it, and what was said with it. */

import { knownByName, ratingName } from "./ratings.js";
import { reasonName } from "./reasons.js";
import { _ } from "./words.js";

/** @type {Record<string, string>} */
const CALLERS = {
  resident: _("Resident"),
  anonymous: _("Resident"),
  portal: _("Another portal"),
  server: _("Another system"),
};

/**
 * Who did it, as far as the service tells: a person's name, or what kind of caller.
 * @param {Schema<"EventOut">} event
 */
export function doerName({ verb, by: { kind, name } }) {
  if (name) return String(name);
  // By night nobody does it.
  if (verb === "dispatch" || verb === "hand_on") return _("System");
  return CALLERS[String(kind)] || _("System");
}

/** Everything that was said with an event, in the order in which it is read. @param {Schema<"EventOut">} event */
export function saidWith({ note, detail: { reason, score, by } }) {
  const texts = [
    reason ? reasonName(String(reason)) : "",
    score ? ratingName(String(score)) : "",
    note,
    knownByName(by),
  ];
  return texts.flatMap((text) => text || []);
}

/** True while a leader's instruction waits for whoever holds the case. @param {Schema<"RequestOut">} request */
export const isReminded = ({ status, reminded_at: at }) => status === "open" && Boolean(at);
