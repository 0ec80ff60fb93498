/* The audit in words; what is newer than this page is shown as it is recorded. */

import { isolated } from "../shared/directions.js";
import { listed } from "../shared/format.js";
import { stageName } from "../shared/stages.js";
import { roleName } from "../shared/visitor.js";
import { _ } from "../shared/words.js";
import { layerName, mayName } from "./grants.js";

/** @type {Record<string, string>} What is done, by its recorded name. */
export const ACTIONS = {
  sign_in: _("Signed in"),
  "sign_in.fail": _("Several wrong passwords"),
  sign_out: _("Signed out"),
  "account.create": _("Account added"),
  "account.list": _("Accounts listed by name"),
  "account.read": _("Account read in full"),
  "account.change": _("Account changed"),
  "account.password": _("Password changed"),
  "account.reset": _("Password reset by another"),
  "account.lock": _("Locked after wrong passwords"),
  "account.end": _("Account ended by another"),
  "portal_key.create": _("Portal key made"),
  "portal_key.revoke": _("Portal key revoked"),
  "server_key.create": _("Server key made"),
  "server_key.revoke": _("Server key revoked"),
  "audit.read": _("Audit read"),
  "household.read": _("Household read in full"),
  "household.reveal": _("Contact of a household shown"),
  "household.create": _("Household added"),
  "household.change": _("Household changed"),
  "household.end": _("Household ended"),
  "person.list": _("People listed by name"),
  "person.read": _("Person read in full"),
  "person.create": _("Person added"),
  "person.change": _("Person changed"),
  "duty.create": _("Duty given"),
  "duty.end": _("Duty ended"),
  "leave.create": _("Leave entered"),
  "leave.cancel": _("Leave cancelled"),
  "zone.read": _("Zone read in full"),
  "zone.create": _("Zone added"),
  "zone.change": _("Zone changed"),
  "zone.households": _("Households of a zone changed"),
  "import.households": _("Households imported"),
  "import.people": _("People imported"),
  "import.zones": _("Zones imported"),
  "import.requests": _("Cases imported"),
  "import.boundaries": _("Boundaries imported"),
  "edition.take_effect": _("Boundaries put in force"),
  "request.read": _("Case read with its contact"),
  "request.track": _("Case followed by its number"),
  "request.dispatch.read": _("Candidates of a case read"),
  "request.hand_on": _("Case of who has left handed on"),
  "requests.export": _("List of cases downloaded"),
  "privacy.export": _("A resident’s data handed over"),
  "privacy.erase": _("A resident’s data erased"),
  "privacy.lost_key": _("Contacts emptied, their key is lost"),
  "privacy.sweep": _("Old contacts erased"),
};

/** @type {Record<string, string>} What it is done to. */
export const KINDS = {
  account: _("Account"),
  portal_key: _("Portal key"),
  server_key: _("Server key"),
  audit: _("Audit"),
  household: _("Household"),
  households: _("Table of households"),
  person: _("Person"),
  people: _("Table of people"),
  duty: _("Duty"),
  leave: _("Leave"),
  zone: _("Zone"),
  zones: _("Table of zones"),
  request: _("Case"),
  contact: _("Contact"),
  requests: _("Table of cases"),
  boundaries: _("Boundaries"),
  edition: _("Edition of boundaries"),
};

/** @type {Record<string, string>} */
const TERMS = {
  name: _("Name"),
  "person.name": _("Name"),
  head_name: _("Name of the head"),
  phone: _("Telephone"),
  id_number: _("ID number"),
  "contact.name": _("Name"),
  "contact.phone": _("Telephone"),
  point: _("Point on the map"),
  photos: _("Photos"),
  role: _("Role"),
  area_codes: _("Area"),
  is_locked: _("Lock"),
  layers: _("What it shows"),
  origins: _("Pages"),
  rows: _("Rows"),
  count: _("Rows"),
  "candidates.name": _("Names of candidates"),
  account: _("Account"),
  action: _("Act"),
  subject_kind: _("To what"),
  subject_id: _("To what"),
  since: _("First day"),
  until: _("Last day"),
  added: _("Added"),
  changed: _("Changed"),
  days: _("days kept"),
  is_party_member: _("Party member"),
  is_ended: _("State"),
  username: _("User name"),
  ends_on: _("End"),
  geometry: _("Outline"),
  address: _("Address"),
  member_count: _("Members of the household"),
  known: _("Known already"),
  "handler.name": _("Who handles it"),
  location: _("Point on the map"),
  filters: _("Narrowed to"),
  text: _("Words searched for"),
  stage: _("Stage"),
  status: _("State"),
  service_code: _("Category"),
  area: _("Area"),
  zone_code: _("Zone"),
  handler_id: _("Handler"),
  is_overdue: _("Is overdue"),
  updated_after: _("Changed since"),
  bbox: _("Section of the map"),
  failures: _("Wrong passwords"),
  counted_by: _("Counted by"),
  sessions: _("Places signed out"),
  may: _("What it may do"),
  county: _("Counties"),
  town: _("Towns"),
  village: _("Villages"),
  group: _("Groups"),
  areas: _("Areas"),
  duties: _("Duties"),
  duties_returning: _("Duties given again"),
  accounts: _("Accounts"),
  portal_keys: _("Portal keys"),
  server_keys: _("Server keys"),
  desks: _("Desks without anybody"),
  households_moved: _("Households moved"),
  households_outside: _("Households outside"),
  requests_moved: _("Cases moved"),
  requests_handed_on: _("Cases handed on"),
};

/** @type {Record<string, string>} */
const STATES = {
  open: _("In progress"),
  closed: _("Ended"),
  "password.name_and_network": _("Name and network"),
  "password.name": _("Name, all networks"),
  "password.network": _("Network, all names"),
  "password.account": _("Account"),
};

const termName = (/** @type {string} */ term) => TERMS[term] || term;

/**
 * @param {unknown} value
 * @returns {string}
 */
function valueText(value) {
  if (Array.isArray(value)) return listed(value.map(valueText));
  if (typeof value === "boolean") return value ? _("Yes") : _("No");
  if (value && typeof value === "object") {
    if ("from" in value && "to" in value) return `${valueText(value.from)} → ${valueText(value.to)}`;
    return Object.entries(value)
      .map(([name, one]) => `${termName(name)}: ${isolated(valueText(one))}`)
      .join("; ");
  }
  const word = String(value);
  return STATES[word] || layerName(word) || roleName(word) || stageName(mayName(word));
}

/** @typedef {Schema<"AuditOut">} Entry */

/** Names of fields that were shown or changed, then whatever else is recorded. @param {Pick<Entry, "fields" | "detail">} entry */
export function detailText({ fields, detail }) {
  const told = Object.entries(detail).filter(([name]) => name !== "by");
  const names = [...new Set(fields.filter((name) => !(name in detail)).map(termName))];
  return [
    ...(names.length ? [listed(names)] : []),
    ...told.map(([name, value]) => `${termName(name)}: ${isolated(valueText(value))}`),
  ].join(" · ");
}

/** @type {Record<string, string>} */
const CALLERS = { resident: _("A resident"), portal: _("A portal"), server: _("Another system") };

/**
 * Who has no account: a resident with a tracking link, a portal, another system, the server, or nobody known.
 * @param {Pick<Entry, "caller_kind" | "detail">} entry
 */
export function callerName({ caller_kind: kind, detail }) {
  if (detail.by === "server") return _("At the server");
  return CALLERS[kind] || _("Not signed in");
}
