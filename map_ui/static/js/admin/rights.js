/* Who keeps people, duties and zones, and where. */

/** @type {string[]} */
const KEEPERS = ["admin", "town_leader", "village_cadre"];

/** Whether a visitor may change anything here; leaders of the county read only. @param {Visitor} visitor */
export const keeps = ({ role }) => KEEPERS.includes(role);

/** The areas that bound a visitor's choice; the administrator's is the whole county. @param {Visitor} visitor */
export const ownAreas = ({ role, areas }) => (role === "admin" ? [] : areas);
