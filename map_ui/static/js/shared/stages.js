/* How far a case is, in words for those who read it. */

import { _ } from "./words.js";

/** @typedef {"staff" | "worker" | "resident"} Reader leaders and keepers, handlers, residents */

/** @type {Record<string, Record<Reader, string>>} */
export const STAGES = {
  ordered: {
    staff: _("Awaiting acceptance"),
    worker: _("Awaiting acceptance"),
    resident: _("Your order has arrived"),
  },
  dispatched: {
    staff: _("Awaiting acceptance"),
    worker: _("Awaiting acceptance"),
    resident: _("Waiting to be accepted"),
  },
  accepted: { staff: _("Accepted"), worker: _("Accepted"), resident: _("Being worked on") },
  completed: { staff: _("Awaiting rating"), worker: _("Completed"), resident: _("Completed: please rate it") },
  rated: { staff: _("Rated"), worker: _("Rated"), resident: _("Rated, thank you") },
  withdrawn: { staff: _("Withdrawn"), worker: _("Withdrawn"), resident: _("Withdrawn by you") },
  rejected: { staff: _("Rejected"), worker: _("Rejected"), resident: _("Closed: nothing of ours to settle") },
  merged: { staff: _("Merged"), worker: _("Merged"), resident: _("Goes on with another order about the same") },
};

/**
 * The name of a stage; one of a newer service is shown as it is.
 * @param {string} stage
 * @param {Reader} [reader]
 */
export const stageName = (stage, reader = "staff") => STAGES[stage]?.[reader] || stage;
