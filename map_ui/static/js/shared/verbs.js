/*
 * What can be done with a case. A verb is added here and nowhere else: its words for those
 * who read of it, and, where a page offers it, to whom, with which fields, and what follows.
 */

import { _ } from "./words.js";

/**
 * What decides whether somebody is offered a verb: how far the case is, whether they hold
 * it, whether they keep its area, whether it lies at a desk.
 * @typedef {object} Seat
 * @property {string} stage
 * @property {boolean} isPerson
 * @property {boolean} isMine
 * @property {boolean} isKeeper
 * @property {boolean} isAtDesk
 */

/** @typedef {"reason" | "successor" | "score" | "note" | "outcome" | "news" | "photo"} Field */

/**
 * @typedef {object} Verb
 * @property {string} done what happened, as staff read it
 * @property {string} deed what a handler does, as their buttons say it
 * @property {string} told what happened, as the resident reads it
 * @property {(seat: Seat) => boolean} [isOffered] to a handler; the service has the last word
 * @property {Field[]} [fields] of a handler's form; none: it is sent at once
 * @property {string} [leadsTo] the stage that follows
 * @property {boolean} [isTaken] whether it becomes the handler's own
 * @property {boolean} [isGivenAway] whether the handler has it no more
 * @property {string[]} [residentsStages] in which the resident may do it
 */

/** @type {Record<string, Verb>} In the order in which a handler is offered them. */
export const VERBS = {
  order: { done: _("Ordered"), deed: _("Order"), told: _("Ordered") },
  dispatch: { done: _("Dispatched"), deed: _("Dispatch"), told: _("Dispatched") },
  accept: {
    done: _("Accepted"),
    deed: _("Accept"),
    told: _("Accepted"),
    isOffered: ({ stage, isPerson }) => stage === "dispatched" && isPerson,
    fields: [],
    leadsTo: "accepted",
    isTaken: true,
  },
  decline: {
    done: _("Declined"),
    deed: _("Decline"),
    told: _("Given to somebody else"),
    isOffered: ({ stage, isMine, isAtDesk }) => stage === "dispatched" && isMine && !isAtDesk,
    fields: ["reason", "note"],
    leadsTo: "dispatched",
    isGivenAway: true,
  },
  complete: {
    done: _("Completed"),
    deed: _("Complete"),
    told: _("Completed"),
    isOffered: ({ stage, isMine }) => stage === "accepted" && isMine,
    fields: ["outcome", "photo"],
    leadsTo: "completed",
  },
  progress: {
    done: _("Progress"),
    deed: _("Progress note"),
    told: _("News"),
    isOffered: ({ stage, isMine }) => stage === "accepted" && isMine,
    fields: ["news", "photo"],
  },
  transfer: {
    done: _("Transferred"),
    deed: _("Transfer"),
    told: _("Given to somebody else"),
    isOffered: ({ stage, isMine, isKeeper }) => ["dispatched", "accepted"].includes(stage) && (isMine || isKeeper),
    fields: ["successor", "note"],
    leadsTo: "dispatched",
    isGivenAway: true,
  },
  rate: {
    done: _("Rated"),
    deed: _("Rating"),
    told: _("Rated"),
    isOffered: ({ stage, isMine, isKeeper }) => stage === "completed" && isKeeper && !isMine,
    fields: ["score", "note"],
    leadsTo: "rated",
    residentsStages: ["completed"],
  },
  reopen: {
    done: _("Reopened"),
    deed: _("Reopen"),
    told: _("Opened again"),
    residentsStages: ["completed", "rated"],
  },
  withdraw: {
    done: _("Withdrawn"),
    deed: _("Withdraw"),
    told: _("Withdrawn"),
    residentsStages: ["dispatched", "accepted"],
  },
  attach: {
    done: _("Photo"),
    deed: _("Photo"),
    told: _("Photo added"),
    residentsStages: ["dispatched", "accepted", "completed"],
  },
  remind: { done: _("Reminded"), deed: _("Reminder"), told: _("A leader asked for speed") },
  hand_on: { done: _("Handed on"), deed: _("Handed on"), told: _("Given to somebody else") },
};

/** What somebody did; a verb of a newer service is shown as it is. @param {string} verb */
export const doneName = (verb) => VERBS[verb]?.done || verb;

/** What a handler does; a verb of a newer service is shown as it is. @param {string} verb */
export const deedName = (verb) => VERBS[verb]?.deed || verb;

/** What happened, in the resident's words; "" for what a newer service does. @param {string} verb */
export const toldName = (verb) => VERBS[verb]?.told || "";

/** The verbs that a handler is offered, the most likely first. @param {Seat} seat */
export const offeredVerbs = (seat) => Object.keys(VERBS).filter((verb) => VERBS[verb].isOffered?.(seat));

/**
 * Whether the resident may do it in this stage.
 * @param {string} verb
 * @param {string} stage
 */
export const isResidents = (verb, stage) => (VERBS[verb]?.residentsStages || []).includes(stage);
