/* The scale of the map: a round length, and how long it is drawn. */

/**
 * The longest round length within `metres`, which are drawn `width` pixels wide.
 * @param {number} metres
 * @param {number} width
 */
export function roundLength(metres, width) {
  const power = 10 ** Math.floor(Math.log10(metres));
  const length = ([5, 2, 1].find((step) => step * power <= metres) || 1) * power;
  return { length, width: Math.round((width * length) / metres) };
}
