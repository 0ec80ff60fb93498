/* What is wrong with an order before it is sent. */

import { _ } from "../shared/words.js";

export const MOST = 4000;
const PHONE = /^(\+?[0-9]{7,15})?$/;

/**
 * What a resident has filled in.
 * @typedef {object} Filled
 * @property {boolean} hasPlace
 * @property {boolean} isConfirmed
 * @property {string} service
 * @property {string} description
 * @property {string} phone
 * @property {boolean} isConsented
 */

/** As the service counts: characters, not UTF-16 units. @param {string} text */
export const lengthOf = (text) => [...text.trim()].length;

/** A number as the service wants it, however people write it. @param {string} text */
export const phoneOf = (text) => text.replace(/[\s-]/g, "");

/** @param {Filled} filled */
function placeWrong({ hasPlace, isConfirmed }) {
  if (!hasPlace) return _("Please choose the place first");
  return isConfirmed ? "" : _("Please confirm that the place is right");
}

/** @param {Filled} filled */
function descriptionWrong({ description }) {
  const length = lengthOf(description);
  if (!length) return _("Please describe it in a few words");
  return length > MOST ? _("Please shorten it to %(most)s characters", { most: MOST }) : "";
}

/**
 * What is missing, by field, in the order of the page; "" where all is right.
 * @param {Filled} filled
 */
export const wrongsOf = (filled) => ({
  place: placeWrong(filled),
  service: filled.service ? "" : _("Please choose what it is about"),
  description: descriptionWrong(filled),
  phone: PHONE.test(filled.phone) ? "" : _("Please write 7 to 15 digits"),
  consent: filled.isConsented ? "" : _("Without your consent nothing can be sent"),
});
