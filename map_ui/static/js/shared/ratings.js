/* What a resident says of the result, and how it is known who said it. */

import { joined } from "./directions.js";
import { _ } from "./words.js";

/** @type {Record<string, { staff: string, resident: string }>} */
export const RATINGS = {
  satisfied: { staff: _("Content"), resident: _("Satisfied with it") },
  basically_satisfied: { staff: _("Rather content"), resident: _("Mostly satisfied") },
  unsatisfied: { staff: _("Not content"), resident: _("Not satisfied") },
};

/**
 * What the resident said of the result; "" before they did.
 * @param {string | null | undefined} rating
 * @param {"staff" | "resident"} [reader]
 */
export const ratingName = (rating, reader = "staff") => (rating ? RATINGS[rating]?.[reader] || rating : "");

/** @type {Record<string, string>} */
const KNOWN_BY = { found: _("by number and phone digits"), callback: _("by call-back") };

/**
 * How who spoke for the resident was known, where it was not by the link of the order.
 * @param {unknown} by
 */
export const knownByName = (by) => KNOWN_BY[String(by)] || "";

/** The rating, and how who gave it was known. @param {Schema<"RequestOut">} request */
export const ratingText = ({ rating, rated_by: by }) => joined([ratingName(rating), knownByName(by)]);
