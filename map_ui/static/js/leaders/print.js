/* The page on paper, for the weekly meeting: A4, light, the map at a size that fits. */

import { map } from "../map/view.js";
import { usePaper } from "../shared/theme.js";

// What the map may take of a page of A4, in CSS pixels.
const WIDEST = 700;
const HIGHEST = 500;

/** The map keeps its size in its own pixels, so that its picture stays as it is. */
function fit() {
  const { x, y } = map.getSize();
  const style = map.getContainer().parentElement?.style;
  if (!style) return;
  style.setProperty("--map-width", `${x}px`);
  style.setProperty("--map-height", `${y}px`);
  style.setProperty("--map-shrink", Math.min(1, WIDEST / x, HIGHEST / y).toFixed(3));
}

const nextFrame = () =>
  new Promise((resolve) => {
    window.requestAnimationFrame(resolve);
  });

/** Prints once the map is drawn in the colours of paper. */
export async function print() {
  usePaper(true);
  await nextFrame();
  await nextFrame();
  window.print();
}

/** Prepares for the browser's own way to print, too. */
export function startPrinting() {
  window.addEventListener("beforeprint", () => {
    fit();
    usePaper(true);
  });
  window.addEventListener("afterprint", () => usePaper(false));
}
