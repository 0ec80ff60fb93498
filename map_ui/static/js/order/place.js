/* Where it is: by pin, by position or by area; what the service calls that place. */

import { messageOf, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { ask } from "../shared/resident/api.js";
import { _ } from "../shared/words.js";
import { draft, keep } from "./draft.js";
import { showWrong } from "./errors.js";
import { clearLevels, startLevels } from "./levels.js";
import { showArea, showNothing, showPoint, startMap } from "./map.js";

// A position that may be this wrong deserves a second look.
const ROUGH_METRES = 100;

/** @typedef {import("./draft.js").Place} Place */

let county = "";
// Only the newest question may answer.
let asked = 0;

/** What POST /api/requests is told of the place; null before one is chosen. */
export function whereabouts() {
  const { place } = draft;
  if (!place) return null;
  return place.point
    ? { location: { ...place.point, crs: "wgs84" } }
    : { area_code: place.areas[place.areas.length - 1].code };
}

/** @param {Place} place */
function describe(place) {
  const lines = [el("p", { class: "place__names", text: joined(place.areas.map((area) => area.name)) })];
  if (place.point) {
    const { lon, lat, accuracy_m: metres } = place.point;
    lines.push(
      el("p", {
        class: "hint",
        text: _("WGS84: %(lon)s° E, %(lat)s° N", { lon: lon.toFixed(5), lat: lat.toFixed(5) }),
      }),
    );
    if (metres && metres > ROUGH_METRES) {
      lines.push(
        el("p", {
          class: "place__care",
          text: _("This position may be wrong by %(count)s m. Drag the pin to the right spot.", {
            count: Math.round(metres),
          }),
        }),
      );
    }
  } else {
    lines.push(
      el("p", {
        class: "hint",
        text: _("No exact spot: the order goes to those who answer for this area. Click the map to be more exact."),
      }),
    );
  }
  if (place.isAmbiguous) {
    const others = joined(
      place.others.map((area) => area.name),
      _(", "),
    );
    lines.push(
      el("p", {
        class: "place__care",
        text: others
          ? _("This is close to the border with %(names)s. Please check the pin.", { names: others })
          : _("This is close to a border. Please check the pin."),
      }),
    );
  }
  return lines;
}

/** @param {Place | null} place */
function take(place) {
  keep({ place });
  byId("confirm").checked = false;
  byId("place").replaceChildren(
    ...(place ? describe(place) : [el("p", { class: "place__none", text: _("No place chosen yet") })]),
  );
  showWrong("place", "");
}

/** @param {NonNullable<Place["point"]>} point */
async function takePoint(point) {
  // What was sent already may not be moved.
  if (draft.sent) return;
  asked += 1;
  const question = asked;
  try {
    const found = await ask("/api/locate", { lon: point.lon, lat: point.lat, crs: "wgs84" });
    if (question !== asked) return;
    clearLevels();
    take({ point, areas: found.areas, isAmbiguous: found.ambiguous, others: found.other_side });
    await showPoint(
      point,
      found.areas.map((area) => area.code),
    );
  } catch (error) {
    if (question !== asked) return;
    take(null);
    showNothing();
    const [first] = error instanceof Problem ? error.errors : [];
    showWrong("place", first ? first.msg : messageOf(error));
  }
}

/** @param {NamedArea[]} line */
async function takeArea(line) {
  asked += 1;
  if (!line.length) {
    take(null);
    await showNothing();
    return;
  }
  take({ areas: line, isAmbiguous: false, others: [] });
  await showArea([county, ...line.map((area) => area.code)]);
}

/** @param {string} text */
function sayHere(text) {
  byId("here-note").textContent = text;
  byId("here-note").hidden = !text;
}

/** @param {GeolocationPositionError} error */
function whyNot(error) {
  if (error.code === error.PERMISSION_DENIED)
    return _("The browser was not allowed to tell the position. Click the map instead.");
  return _("The position could not be found. Click the map instead.");
}

function startHere() {
  const button = byId("here");
  if (!window.isSecureContext || !navigator.geolocation) {
    button.disabled = true;
    sayHere(_("Browsers tell the position only to pages that came by https; this one did not. Click the map instead."));
    return;
  }
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    sayHere(_("Looking for your position …"));
    const end = (/** @type {string} */ text) => {
      button.removeAttribute("aria-disabled");
      sayHere(text);
    };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        end("");
        takePoint({
          lon: coords.longitude,
          lat: coords.latitude,
          accuracy_m: Math.min(Math.round(coords.accuracy), 100000),
        });
      },
      (error) => end(whyNot(error)),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
    );
  });
}

/** Empties the place, after an order. */
export function clearPlace() {
  clearLevels();
  take(null);
  showNothing();
}

/** Makes the three ways work and shows the place of a kept draft. */
export async function startPlace() {
  startHere();
  if (draft.place) {
    const wasConfirmed = byId("confirm").checked;
    take(draft.place);
    byId("confirm").checked = wasConfirmed;
  }
  const { items } = await ask("/api/areas", { type: "county" });
  county = items[0].code;
  await startLevels(county, {
    onArea: takeArea,
    onTrouble: (error) => showWrong("place", messageOf(error)),
  });
  try {
    await startMap(county, takePoint);
  } catch {
    // The outlines are the heaviest part; without them the area can still be chosen.
    showWrong("place", _("The map could not be loaded. Choose town, village and group instead."));
    return;
  }
  const { place } = draft;
  if (!place) return;
  const codes = place.areas.map((area) => area.code);
  await (place.point ? showPoint(place.point, codes) : showArea([county, ...codes]));
}
