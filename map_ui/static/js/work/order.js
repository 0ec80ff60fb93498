/* Ordering for a resident who rang or came: for a household, or for a place in words. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { showRefusal, tend } from "./forms.js";
import { findKept, keep } from "./store.js";

const MOST = 20;

function choose(form, id, label) {
  form.elements.household_id.value = id;
  form.elements.household_label.value = label;
  // What is chosen is part of the draft.
  form.dispatchEvent(new Event("input"));
  showChosen(form);
}

function showChosen(form) {
  const label = form.elements.household_label.value;
  byId("household-chosen").hidden = !label;
  byId("household-name").textContent = label;
  byId("order-place").hidden = Boolean(label);
  byId("households").replaceChildren();
}

async function find(form) {
  const q = byId("household-q").value.trim();
  if (!q) return;
  const found = byId("households");
  try {
    const { items } = await read("/api/households", { q, limit: MOST });
    found.replaceChildren(
      ...items.map((one) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "pick",
              onclick: () => choose(form, one.id, joined([one.address, one.head_name])),
            },
            el("strong", { text: one.address }),
            el("span", { text: joined([one.head_name, one.code]) }),
          ),
        ),
      ),
      ...(items.length ? [] : [el("li", { class: "empty", text: _("No household is found") })]),
    );
  } catch (error) {
    showRefusal(form, error);
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
    if (!kept) throw error;
    return kept.items;
  }
}

async function fillServices(select) {
  const items = await loadServices();
  const groups = new Map();
  items.forEach(({ code, name, group }) => {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(el("option", { value: code, text: name }));
  });
  select.replaceChildren(
    el("option", { value: "", text: _("Please choose") }),
    ...[...groups].map(([label, options]) => el("optgroup", { label }, options)),
  );
}

function bodyOf(values) {
  const contact = { name: values.contact_name.trim(), phone: values.contact_phone.trim() };
  const place = values.household_id
    ? { household_id: values.household_id }
    : {
        ...(values.area_code ? { area_code: values.area_code } : {}),
        ...(values.address.trim() ? { address: values.address.trim() } : {}),
      };
  if (!Object.keys(place).length) throw new Error(_("Find the household, or say where it is"));
  return {
    service_code: values.service_code,
    description: values.description,
    channel: values.channel,
    location: place,
    ...(contact.name || contact.phone ? { contact } : {}),
  };
}

/** Makes the form work; services are asked for once they are needed. */
export function startOrder(outbox, me) {
  const form = byId("order");
  const area = form.elements.area_code;
  area.append(...me.areas.map(({ code, name }) => el("option", { value: code, text: name })));
  const name = `${me.username}/order`;
  let isFilled = false;
  byId("household-find").addEventListener("click", () => find(form));
  byId("household-q").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find(form);
  });
  byId("household-drop").addEventListener("click", () => choose(form, "", ""));
  form.addEventListener("reset", () =>
    window.setTimeout(() => {
      form.elements.household_id.value = "";
      form.elements.household_label.value = "";
      showChosen(form);
    }),
  );
  return async () => {
    if (isFilled) return;
    await fillServices(form.elements.service_code);
    isFilled = true;
    // After the services, because a draft may name one.
    await tend(form, name, (values) =>
      outbox.add({
        verb: "order",
        request: null,
        number: "",
        title: "",
        path: "/api/requests",
        body: bodyOf(values),
      }),
    );
    showChosen(form);
    // Sent before its script listens, it would put what was typed into the address.
    form.hidden = false;
  };
}
