/* Ordering: a place, a matter, a number to keep. */

import { messageOf, Problem } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { allWithin, byId } from "../shared/dom.js";
import { residentsHandlerText } from "../shared/duties.js";
import { showNotice, showSource } from "../shared/edition.js";
import { ask, post } from "../shared/resident/api.js";
import { deadline } from "../shared/resident/deadlines.js";
import { clearPhotos, noteOnPhotos, showPhotos, startPhotos } from "../shared/resident/photos.js";
import { serviceOptions } from "../shared/services.js";
import { startTheme } from "../shared/theme.js";
import { _ } from "../shared/words.js";
import { draft, forget, keep } from "./draft.js";
import { goTo, showAlarm, showProblem, showWrong, takeBack } from "./errors.js";
import { startFinding } from "./finder.js";
import { clearPlace, startPlace, whereabouts } from "./place.js";
import { lengthOf, MOST, phoneOf, wrongsOf } from "./wrongs.js";

const TEXTS = /** @type {const} */ (["service", "description", "name", "phone"]);
const CHECKS = /** @type {const} */ (["confirm", "consent"]);

const form = byId("order");
/** @type {Map<string, Schema<"ServiceOut">>} */
const services = new Map();
// The secret of what was ordered last, and its photos; never kept beyond the page.
/** @type {{ secret: string, photos: Schema<"AttachmentOut">[] }} */
let receipt = { secret: "", photos: [] };

const phone = () => phoneOf(byId("phone").value);

function keepFields() {
  /** @type {Record<string, string | boolean>} */
  const fields = {};
  TEXTS.forEach((id) => {
    fields[id] = byId(id).value;
  });
  CHECKS.forEach((id) => {
    fields[id] = byId(id).checked;
  });
  keep({ fields });
}

function showCount() {
  byId("description-count").textContent = _("%(count)s of at most %(most)s characters", {
    count: lengthOf(byId("description").value),
    most: MOST,
  });
}

function showService() {
  const service = services.get(byId("service").value);
  const lines = service ? [service.description] : [];
  if (service?.is_confidential) lines.push(_("Confidential: only the desk responsible sees it."));
  byId("service-note").textContent = joined(lines);
}

/** Brings the fields of the draft back, after a reload. */
function restore() {
  TEXTS.forEach((id) => {
    byId(id).value = String(draft.fields[id] || "");
  });
  CHECKS.forEach((id) => {
    byId(id).checked = Boolean(draft.fields[id]);
  });
  showCount();
  showService();
}

async function fillServices() {
  const { items } = await ask("/api/services");
  for (const item of items) services.set(item.code, item);
  byId("service").append(...serviceOptions(items));
}

/** What is missing, by field, in the order of the page. */
const findWrongs = () =>
  wrongsOf({
    hasPlace: Boolean(whereabouts()),
    isConfirmed: byId("confirm").checked,
    service: byId("service").value,
    description: byId("description").value,
    phone: phone(),
    isConsented: byId("consent").checked,
  });

/** True when all is there; else says what is missing and goes to the first. */
function check() {
  const wrongs = Object.entries(findWrongs());
  wrongs.forEach(([field, text]) => {
    showWrong(field, text);
  });
  const [first] = wrongs.filter(([, text]) => text);
  if (first) goTo(first[0]);
  return !first;
}

function orderBody() {
  const name = byId("name").value.trim();
  const isWeChat = /MicroMessenger/i.test(navigator.userAgent);
  return {
    service_code: byId("service").value,
    description: byId("description").value.trim(),
    ...whereabouts(),
    ...(name || phone() ? { contact: { name, phone: phone() } } : {}),
    channel: isWeChat ? "wechat" : "web",
  };
}

/**
 * While nobody knows whether it arrived, nothing may be changed, only sent again.
 * @param {boolean} isSent
 */
function freeze(isSent) {
  allWithin(form, "fieldset", HTMLFieldSetElement).forEach((part) => {
    part.disabled = isSent;
  });
  byId("send").textContent = isSent ? _("Send it once more") : _("Send the order");
}

/** @param {string} message */
function showUnsure(message) {
  freeze(true);
  showAlarm([
    message,
    _("It is not certain whether your order arrived. Send it once more: it will not be ordered twice."),
  ]);
}

/** @param {Schema<"OrderedOut">} ordered */
function showReceipt(ordered) {
  // The address that was shown to lead here; the configured one may be out of reach.
  const { pathname } = new URL(ordered.tracking_url);
  const address = new URL(pathname, window.location.origin).href;
  receipt = { secret: pathname.split("/").pop() || "", photos: [] };
  byId("receipt-number").textContent = ordered.number;
  byId("receipt-handler").textContent = residentsHandlerText(ordered.handler);
  byId("receipt-due").textContent = deadline(ordered.due_at);
  byId("receipt-link").textContent = address;
  byId("receipt-link").href = address;
  byId("receipt-follow").href = address;
  noteOnPhotos(joined(ordered.notes || []));
  showSide({ isReceipt: true });
  byId("receipt-title").focus();
}

/**
 * Shows the form or the receipt, each under its own heading.
 * @param {{ isReceipt: boolean }} side
 */
function showSide({ isReceipt }) {
  [form, byId("title"), byId("find"), byId("to-find")].forEach((node) => {
    node.hidden = isReceipt;
  });
  [byId("receipt"), byId("receipt-title")].forEach((node) => {
    node.hidden = !isReceipt;
  });
}

async function send() {
  const button = byId("send");
  if (button.getAttribute("aria-disabled") === "true") return;
  if (!draft.sent && !check()) return;
  showAlarm([]);
  button.setAttribute("aria-disabled", "true");
  const body = draft.sent || orderBody();
  keep({ sent: body });
  try {
    const ordered = await post("/api/requests", body, { key: draft.key });
    forget();
    freeze(false);
    showReceipt(ordered);
  } catch (error) {
    if (!(error instanceof Problem) || !error.status || error.status >= 500) {
      showUnsure(messageOf(error));
    } else {
      // Refused, so nothing was written: it may be changed and sent with the same key.
      keep({ sent: null });
      freeze(false);
      showProblem(error);
    }
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

async function copy() {
  const link = byId("receipt-link");
  try {
    await navigator.clipboard.writeText(link.href);
    byId("copied").textContent = _("Copied");
  } catch {
    // Not offered to pages that came by http: the address is marked to be copied by hand.
    window.getSelection()?.selectAllChildren(link);
    byId("copied").textContent = _("The address is marked; copy it now");
  }
}

function startAnew() {
  restore();
  clearPlace();
  byId("copied").textContent = "";
  clearPhotos();
  showSide({ isReceipt: false });
  byId("town").focus();
}

/** What was ordered, as its own secret finds it. */
async function ordered() {
  const { secret } = receipt;
  const { items } = await ask("/api/requests", {}, secret);
  return { id: items[0].id, secret };
}

async function start() {
  showCount();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  form.addEventListener("input", ({ target }) => {
    keepFields();
    if (target instanceof Element) takeBack(target.id);
  });
  byId("description").addEventListener("input", showCount);
  byId("service").addEventListener("change", showService);
  startFinding();
  startPhotos({
    order: ordered,
    onAdded: (photo) => {
      receipt.photos.push(photo);
      return showPhotos(receipt.photos, receipt.secret);
    },
  });
  byId("copy").addEventListener("click", copy);
  byId("another").addEventListener("click", startAnew);
  await fillServices();
  restore();
  if (draft.sent) showUnsure(_("The page was left before the answer came"));
  await startPlace();
}

startTheme();
start().catch((error) => showAlarm([messageOf(error)]));
showNotice()
  .then(showSource)
  .catch((error) => showAlarm([messageOf(error)]));
