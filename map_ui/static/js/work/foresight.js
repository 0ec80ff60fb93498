/* What a case will be once what was done on this phone has arrived, and what may be done then. */

import { offeredVerbs, VERBS } from "../shared/verbs.js";

/** @typedef {Schema<"RequestOut"> & { isHandedOn?: boolean }} Case as the service or this phone knows it */

const DESKS = ["town_desk", "county_desk"];
const KEEPERS = ["village_cadre", "town_leader", "county_leader"];

/**
 * Verbs that the page offers, the most likely first; the service has the last word.
 * @param {Case} item
 * @param {Pick<Visitor, "person_id" | "role">} me
 */
export function actsOf(item, me) {
  if (item.isHandedOn) return [];
  return offeredVerbs({
    stage: item.stage,
    isPerson: Boolean(me.person_id),
    isMine: Boolean(me.person_id) && item.handler.person_id === me.person_id,
    isKeeper: KEEPERS.includes(me.role),
    isAtDesk: DESKS.includes(item.handler.duty || ""),
  });
}

/**
 * What a case will be once `verb` has arrived.
 * @param {Case} item
 * @param {string} verb
 * @param {Pick<Visitor, "person_id">} me
 * @returns {Case}
 */
function after(item, verb, me) {
  const { leadsTo, isTaken, isGivenAway } = VERBS[verb] || {};
  if (!leadsTo) return item;
  return {
    ...item,
    stage: leadsTo,
    ...(isTaken ? { handler: { ...item.handler, person_id: me.person_id } } : {}),
    ...(isGivenAway ? { isHandedOn: true } : {}),
  };
}

/**
 * What it will be once the unsent acts have arrived.
 * @param {Case} item
 * @param {Pick<import("./store.js").KeptAct, "verb" | "refusal">[]} acts
 * @param {Pick<Visitor, "person_id">} me
 */
export function foreseen(item, acts, me) {
  return acts.filter((act) => !act.refusal).reduce((seen, { verb }) => after(seen, verb, me), item);
}
