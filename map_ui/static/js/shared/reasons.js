/* Why a case is given back or handed on. */

import { _ } from "./words.js";

/** @type {Record<string, string>} Why a handler may give it back. */
export const REASONS = {
  not_my_area: _("Not in my area"),
  not_my_duty: _("Not my duty"),
  beyond_my_power: _("Beyond my power"),
  conflict_of_interest: _("Conflict of interest"),
  other: _("Another reason"),
};

/** @type {Record<string, string>} Why nobody held it any more. */
const DEPARTURES = {
  person_ended: _("Who held it has left"),
  duty_ended: _("The duty by which it was held has ended"),
  boundaries_changed: _("The boundaries have changed"),
};

/** A reason in words; the words of whoever reopened or withdrew it as they are. @param {string} code */
export const reasonName = (code) => REASONS[code] || DEPARTURES[code] || code;
