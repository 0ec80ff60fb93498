/* Where a case lies, in words. */

import { joined } from "./directions.js";

/** @typedef {Schema<"AreaRef">[] | null | undefined} Areas */

/** @param {Areas} areas */
const belowCounty = (areas) => (areas || []).filter(({ type }) => type !== "county");

/** Names of the places from below the county down, as one would say them. @param {Areas} areas */
export function placeText(areas) {
  const below = belowCounty(areas);
  return joined(
    (below.length ? below : areas || []).map(({ name }) => name),
    " ",
  );
}

/** Village and group, and the words of the address. @param {Schema<"RequestOut">} request */
export const addressText = ({ areas, address }) => joined([...belowCounty(areas).map(({ name }) => name), address]);
