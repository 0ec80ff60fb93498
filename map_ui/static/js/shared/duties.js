/* Why somebody answers for a place, in words for staff and for residents. */

import { joined } from "./directions.js";
import { _ } from "./words.js";

/** @type {Record<string, { staff: string, resident: string }>} */
export const DUTIES = {
  household_care: { staff: _("household care"), resident: _("party member who cares for the household") },
  grid: { staff: _("grid worker"), resident: _("grid worker") },
  village_desk: { staff: _("village desk"), resident: _("village office") },
  stationed: { staff: _("stationed cadre"), resident: _("cadre stationed in the village") },
  village_lead: { staff: _("village lead"), resident: _("town leader for the village") },
  town_desk: { staff: _("town desk"), resident: _("town duty office") },
  county_desk: { staff: _("county desk"), resident: _("county duty office") },
};

/** The name of a duty for staff; "" for one of a newer service. @param {string | null | undefined} duty */
export const dutyName = (duty) => (duty && DUTIES[duty]?.staff) || "";

/** Who holds it and by which duty. @param {Schema<"HandlerRef">} handler */
export const handlerText = ({ name, duty }) => joined([name, dutyName(duty)]);

/**
 * Surname and duty of who handles it, for the resident.
 * @param {Schema<"HandlerRef">} handler
 */
export function residentsHandlerText({ name, duty }) {
  const kind = duty && DUTIES[duty]?.resident;
  return kind ? _("%(name)s (%(duty)s)", { name, duty: kind }) : name;
}
