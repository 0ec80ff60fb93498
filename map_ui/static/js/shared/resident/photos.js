/* Photos of one order: those that are there, and one more. */

import { joined } from "../directions.js";
import { byId, el } from "../dom.js";
import { _ } from "../words.js";
import { askPicture, makeKey, post } from "./api.js";

const TYPES = ["image/jpeg", "image/png", "image/heic", "image/heif"];
// Browsers that cannot show HEIC do not name its type either.
const NAMES = /\.(jpe?g|png|hei[cf])$/i;
const MOST_BYTES = 12_000_000;

const shown = new Map();

/** Shows the photos of `attachments`; each is fetched once, as nobody else may read it. */
export async function showPhotos(attachments, secret) {
  const fresh = attachments.filter(({ id }) => !shown.has(id));
  await Promise.all(
    fresh.map(async ({ id, url, width, height }) => {
      const address = URL.createObjectURL(await askPicture(url, secret));
      const alt = _("Photo %(number)s", { number: attachments.findIndex((photo) => photo.id === id) + 1 });
      shown.set(id, el("li", {}, el("img", { src: address, alt, width, height })));
    }),
  );
  byId("photos").replaceChildren(...attachments.map(({ id }) => shown.get(id)));
}

/** Says beside the control what the service has said of photos. */
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
 */
export function startPhotos({ order, onAdded }) {
  const input = byId("photo");
  const again = byId("photo-again");
  let waiting = null;

  const say = (text) => {
    byId("photo-note").textContent = text;
  };

  async function send() {
    if (input.disabled) return;
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
      const [first] = error.errors || [];
      say(joined([error.message, first?.mend || error.mend]));
      again.hidden = !waiting || (error.status > 0 && error.status < 500 && ![408, 429].includes(error.status));
    } finally {
      input.disabled = false;
      input.value = "";
    }
  }

  input.addEventListener("change", () => {
    const [file] = input.files;
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
