/* Ordering for a resident who rang or came: for a household, or for a place in words. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, controlOf, el } from "../shared/dom.js";
import { serviceOptions } from "../shared/services.js";
import { _ } from "../shared/words.js";
import { showRefusal, tend } from "./forms.js";
import { findKept, keep } from "./store.js";

const MOST = 20;

const form = () => byId("order");

/** The hidden fields in which the chosen household stands. */
const household = () => ({ id: controlOf(form(), "household_id"), label: controlOf(form(), "household_label") });

/**
 * @param {string} id
 * @param {string} label
 */
function choose(id, label) {
  const chosen = household();
  chosen.id.value = id;
  chosen.label.value = label;
  // What is chosen is part of the draft.
  form().dispatchEvent(new Event("input"));
  showChosen();
}

function showChosen() {
  const label = household().label.value;
  byId("household-chosen").hidden = !label;
  byId("household-name").textContent = label;
  byId("order-place").hidden = Boolean(label);
  byId("households").replaceChildren();
}

/** @param {Schema<"HouseholdOut">} found */
function pick({ id, address, head_name: head, code }) {
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "pick", onclick: () => choose(id, joined([address, head])) },
      el("strong", { text: address }),
      el("span", { text: joined([head, code]) }),
    ),
  );
}

async function find() {
  const q = byId("household-q").value.trim();
  if (!q) return;
  try {
    const { items } = await read("/api/households", { q, limit: MOST });
    const found = items.length ? items.map(pick) : [el("li", { class: "empty", text: _("No household is found") })];
    byId("households").replaceChildren(...found);
  } catch (error) {
    showRefusal(form(), error);
  }
}

/** What may be ordered; it is no secret, so that the phone may know it by heart. */
async function loadServices() {
  try {
    const { items } = await read("/api/services");
    await keep("self", { name: "services", items }).catch(() => {});
    return items;
  } catch (error) {
    const kept = await findKept("self", "services").catch(() => undefined);
    if (!kept?.items) throw error;
    return kept.items;
  }
}

/**
 * What the service is sent.
 * @param {Record<string, string>} values
 */
export function bodyOf(values) {
  const contact = { name: values.contact_name.trim(), phone: values.contact_phone.trim() };
  const address = values.address.trim();
  const place = values.household_id
    ? { household_id: values.household_id }
    : { ...(values.area_code ? { area_code: values.area_code } : {}), ...(address ? { address } : {}) };
  if (!Object.keys(place).length) throw new Error(_("Find the household, or say where it is"));
  return {
    service_code: values.service_code,
    description: values.description,
    channel: values.channel,
    location: place,
    ...(contact.name || contact.phone ? { contact } : {}),
  };
}

/**
 * Makes the form work; services are asked for once they are needed.
 * @param {import("./outbox.js").Outbox} outbox
 * @param {Visitor} me
 */
export function startOrder(outbox, me) {
  byId("order-area").append(...me.areas.map(({ code, name }) => el("option", { value: code, text: name })));
  let isFilled = false;
  byId("household-find").addEventListener("click", find);
  byId("household-q").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find();
  });
  byId("household-drop").addEventListener("click", () => choose("", ""));
  form().addEventListener("reset", () =>
    window.setTimeout(() => {
      const chosen = household();
      chosen.id.value = "";
      chosen.label.value = "";
      showChosen();
    }),
  );
  return async () => {
    if (isFilled) return;
    byId("order-service").replaceChildren(
      el("option", { value: "", text: _("Please choose") }),
      ...serviceOptions(await loadServices()),
    );
    isFilled = true;
    // After the services, because a draft may name one.
    await tend(form(), `${me.username}/order`, (values) =>
      outbox.add({
        verb: "order",
        request: null,
        number: "",
        title: "",
        path: "/api/requests",
        // It has no files.
        body: bodyOf(/** @type {Record<string, string>} */ (values)),
      }),
    );
    showChosen();
    // Sent before its script listens, it would put what was typed into the address.
    form().hidden = false;
  };
}
