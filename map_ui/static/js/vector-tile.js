/* Reads what the features of a vector tile (MVT 2) are called and worth, not their shapes. */

const TILE = { layers: 3 };
const LAYER = { name: 1, features: 2, keys: 3, values: 4 };
const FEATURE = { tags: 2 };
const VALUE = { text: 1, int: 4, uint: 5, sint: 6 };

const text = (bytes) => new TextDecoder().decode(bytes);

/** Reads numbers of seven bits to a byte, one after the other. */
class Numbers {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get isOver() {
    return this.at >= this.bytes.length;
  }

  next() {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.bytes[this.at];
      this.at += 1;
      value += (byte % 128) * weight;
      if (!(byte >= 128)) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** The fields of a protobuf message: [[number, a number or bytes]]. */
function fieldsOf(bytes) {
  const numbers = new Numbers(bytes);
  const fields = [];
  while (!numbers.isOver) {
    const key = numbers.next();
    const kind = key % 8;
    if (kind === 0) fields.push([(key - kind) / 8, numbers.next()]);
    else fields.push([(key - kind) / 8, numbers.take(kind === 2 ? numbers.next() : { 1: 8, 5: 4 }[kind])]);
  }
  return fields;
}

const all = (fields, number) => fields.filter(([found]) => found === number).map(([, value]) => value);

function valueOf(bytes) {
  const [[kind, value]] = fieldsOf(bytes);
  if (kind === VALUE.text) return text(value);
  if (kind === VALUE.sint) return value % 2 ? -(value + 1) / 2 : value / 2;
  return kind === VALUE.int || kind === VALUE.uint ? value : null;
}

/** The properties of the features of the layer `name`, each as an object. */
export function propertiesIn(bytes, name) {
  const layer = all(fieldsOf(bytes), TILE.layers).map(fieldsOf)
    .find((fields) => text(all(fields, LAYER.name)[0]) === name);
  if (!layer) return [];
  const keys = all(layer, LAYER.keys).map(text);
  const values = all(layer, LAYER.values).map(valueOf);
  return all(layer, LAYER.features).map((feature) => {
    const tags = new Numbers(all(fieldsOf(feature), FEATURE.tags)[0]);
    const properties = {};
    while (!tags.isOver) properties[keys[tags.next()]] = values[tags.next()];
    return properties;
  });
}
