/* Photos as small as a poor network likes them. */

import { el } from "../shared/dom.js";
import { _ } from "../shared/words.js";

const LONGEST = 1600;
const QUALITY = 0.82;

/**
 * A photo made smaller; as it is where this browser cannot, for the service can.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function shrink(file) {
  try {
    const picture = await window.createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = el("canvas", {
      width: Math.round(picture.width * scale),
      height: Math.round(picture.height * scale),
    });
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const small = await new Promise((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", QUALITY);
    });
    return small && small.size < file.size ? small : file;
  } catch {
    return file;
  }
}

/** The photos of a case, each a link to itself. @param {Schema<"RequestOut">} item */
export function photos(item) {
  const shown = (item.attachments || []).map(({ id, url }, i) =>
    el(
      "li",
      {},
      el(
        "a",
        { href: url, target: "_blank", rel: "noopener" },
        el("img", { src: url, alt: _("Photo %(number)s", { number: i + 1 }), loading: "lazy", "data-photo": id }),
      ),
    ),
  );
  return shown.length ? el("ul", { class: "photos" }, shown) : null;
}
