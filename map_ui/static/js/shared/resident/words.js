/* Words of an order's way: duties, moments, who handles it. */

import { _, language, timezone } from "../words.js";

const whole = new Intl.DateTimeFormat(language, {
  timeZone: timezone,
  year: "numeric",
  month: "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** An instant of the API as day and time of the county. */
export function moment(text) {
  return whole.format(new Date(text));
}

const day = new Intl.DateTimeFormat(language, { timeZone: timezone, year: "numeric", month: "long", day: "numeric" });
const time = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });

/** A deadline; one that is midnight is the end of the day before. */
export function deadline(text) {
  const at = new Date(text);
  return time.format(at) === "00:00"
    ? _("end of %(day)s", { day: day.format(new Date(at.getTime() - 1)) })
    : moment(text);
}

const dutyName = (kind) =>
  ({
    household_care: _("party member who cares for the household"),
    grid: _("grid worker"),
    stationed: _("cadre stationed in the village"),
    village_desk: _("village office"),
    village_lead: _("town leader for the village"),
    town_desk: _("town duty office"),
    county_desk: _("county duty office"),
  })[kind] || "";

/** Surname and duty of who handles it. */
export function handlerText({ name, duty }) {
  const kind = dutyName(duty);
  return kind ? _("%(name)s (%(duty)s)", { name, duty: kind }) : name;
}
