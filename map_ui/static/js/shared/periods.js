/* Days of the county's time zone; a period is from ≤ t < to, as in the API. */

/** @typedef {{ from: string, to: string }} Period */

const DAY = 86400000;

/** @param {string} day */
const parse = (day) => Date.parse(`${day}T00:00:00Z`);
/** @param {number} stamp */
const print = (stamp) => new Date(stamp).toISOString().slice(0, 10);

/**
 * The day `count` days after `day`; both are YYYY-MM-DD.
 * @param {string} day
 * @param {number} count
 */
export function plusDays(day, count) {
  return print(parse(day) + count * DAY);
}

/**
 * Today in `timezone`, as YYYY-MM-DD.
 * @param {string} timezone
 */
export function today(timezone, now = new Date()) {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(now);
  const of = (/** @type {string} */ type) => parts.find((part) => part.type === type)?.value || "";
  return `${of("year")}-${of("month")}-${of("day")}`;
}

/**
 * The periods of the buttons, by name, seen from the day `now`.
 * @param {string} now
 */
export function presets(now) {
  const to = plusDays(now, 1);
  return {
    today: { from: now, to },
    week: { from: plusDays(now, -6), to },
    month: { from: plusDays(now, -29), to },
    year: { from: `${now.slice(0, 4)}-01-01`, to },
  };
}

/**
 * Whether `text` is a day that exists.
 * @param {string} text
 */
export function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(parse(text)) && print(parse(text)) === text;
}

/**
 * How many days a period has.
 * @param {Period} period
 */
export function lengthOf(period) {
  return Math.round((parse(period.to) - parse(period.from)) / DAY);
}

/**
 * The period of the same length that ends where this one begins.
 * @param {Period} period
 */
export function before(period) {
  return { from: plusDays(period.from, -lengthOf(period)), to: period.from };
}

/**
 * The Monday of the week in which `day` lies.
 * @param {string} day
 */
export function mondayOf(day) {
  return plusDays(day, -((new Date(parse(day)).getUTCDay() + 6) % 7));
}

/**
 * The weeks of a period, those at its ends cut off by it: [{monday, from, to}]. Of a
 * period too long to draw, only those from the first to the last of `mondays`.
 * @param {Period} period
 * @param {string[]} [mondays]
 * @param {number} [most]
 */
export function weeksOf(period, mondays = [], most = 105) {
  const weeks = [];
  const isLong = lengthOf(period) > 7 * most;
  const [first, last] = isLong
    ? [mondays[0], mondays[mondays.length - 1]]
    : [mondayOf(period.from), mondayOf(plusDays(period.to, -1))];
  for (let monday = first; monday && monday <= last; monday = plusDays(monday, 7)) {
    const next = plusDays(monday, 7);
    weeks.push({
      monday,
      from: monday < period.from ? period.from : monday,
      to: next > period.to ? period.to : next,
    });
  }
  return weeks;
}

/**
 * The last twelve months, or 52 weeks, that end with the day `now`, oldest first.
 * @param {string} step month or week
 * @param {string} now
 * @returns {Period[]}
 */
export function framesOf(step, now) {
  const end = plusDays(now, 1);
  if (step === "week") {
    return Array.from({ length: 52 }, (_week, i) => {
      const to = plusDays(end, -7 * (51 - i));
      return { from: plusDays(to, -7), to };
    });
  }
  const [year, month] = now.split("-").map(Number);
  const first = (/** @type {number} */ index) => print(Date.UTC(year, month - 1 - 11 + index, 1));
  return Array.from({ length: 12 }, (_month, i) => ({ from: first(i), to: i < 11 ? first(i + 1) : end }));
}
