/* Photos of one order: those that are there, and one more. */

import { messageOf, Problem } from "../api.js";
import { joined } from "../directions.js";
import { byId, el } from "../dom.js";
import { makeKey } from "../keys.js";
import { _ } from "../words.js";
import { askPicture, post } from "./api.js";

const TYPES = ["image/jpeg", "image/png", "image/heic", "image/heif"];
// Browsers that cannot show HEIC do not name its type either.
const NAMES = /\.(jpe?g|png|hei[cf])$/i;
const MOST_BYTES = 12_000_000;

/** @type {Map<string, HTMLLIElement>} */
const shown = new Map();

/**
 * Shows the photos of `attachments`; each is fetched once, as nobody else may read it.
 * @param {Schema<"AttachmentOut">[]} attachments
 * @param {string} secret
 */
export async function showPhotos(attachments, secret) {
  const fresh = attachments.filter(({ id }) => !shown.has(id));
  await Promise.all(
    fresh.map(async ({ id, url, width, height }) => {
      const address = URL.createObjectURL(await askPicture(url, secret));
      const alt = _("Photo %(number)s", { number: attachments.findIndex((photo) => photo.id === id) + 1 });
      shown.set(id, el("li", {}, el("img", { src: address, alt, width, height })));
    }),
  );
  byId("photos").replaceChildren(...attachments.flatMap(({ id }) => shown.get(id) || []));
}

/**
 * Says beside the control what the service has said of photos.
 * @param {string} text
 */
export function noteOnPhotos(text) {
  byId("photo-note").textContent = text;
}

/** Forgets the photos of an order that is left. */
export function clearPhotos() {
  shown.clear();
  byId("photos").replaceChildren();
  byId("photo-note").textContent = "";
}

/**
 * Makes the control send a photo; `order()` tells `{id, secret}` of the order, and
 * `onAdded` is called with the photo. What did not arrive is sent again with its key.
 * @param {{ order: () => Promise<{ id: string, secret: string }>, onAdded: (photo: Schema<"AttachmentOut">) => unknown }} options
 */
export function startPhotos({ order, onAdded }) {
  const input = byId("photo");
  const again = byId("photo-again");
  /** @type {{ file: File, key: string } | null} */
  let waiting = null;

  const say = (/** @type {string} */ text) => {
    byId("photo-note").textContent = text;
  };

  async function send() {
    if (input.disabled || !waiting) return;
    input.disabled = true;
    again.hidden = true;
    say(_("Sending the photo …"));
    try {
      const { id, secret } = await order();
      const form = new FormData();
      form.append("file", waiting.file, "photo");
      const added = await post(`/api/requests/${id}/attachments`, form, { key: waiting.key, secret });
      waiting = null;
      say(_("The photo has arrived"));
      await onAdded(added);
    } catch (error) {
      const { errors, mend, status } = error instanceof Problem ? error : { errors: [], mend: "", status: 0 };
      say(joined([messageOf(error), errors[0]?.mend || mend]));
      again.hidden = !waiting || (status > 0 && status < 500 && ![408, 429].includes(status));
    } finally {
      input.disabled = false;
      input.value = "";
    }
  }

  input.addEventListener("change", () => {
    const [file] = input.files || [];
    if (!file) return;
    again.hidden = true;
    if (!(file.type ? TYPES.includes(file.type) : NAMES.test(file.name)))
      say(_("Please choose a photo in JPEG, PNG or HEIC"));
    else if (file.size > MOST_BYTES) say(_("Please choose a smaller photo: 12 MB at most"));
    else {
      waiting = { file, key: makeKey() };
      send();
    }
  });
  again.addEventListener("click", send);
}
