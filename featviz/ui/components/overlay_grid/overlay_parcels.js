// Parcels of pictures and maps that have arrived, by the digests that name them. They are kept while anything on the
// page brings them. This text is a component of its own, which brings one parcel, and the start of the overlay grid.

const arrived = (globalThis[Symbol.for("featviz.parcels")] ??= { parcels: new Map(), owners: new Map(), grids: new Set() });

const TOKEN = 64; // characters

function bring({ data, parentElement: owner }) {
  const token = new TextDecoder().decode(data.subarray(0, TOKEN));
  const before = arrived.owners.get(owner);
  arrived.owners.set(owner, token);
  if (before !== token) forget(before);
  if (!arrived.parcels.has(token)) arrived.parcels.set(token, unpack(token, data));
  for (const grid of arrived.grids) grid.awaitMore();
  return () => {
    const last = arrived.owners.get(owner);
    arrived.owners.delete(owner);
    forget(last);
  };
}

function forget(token) {
  if (![...arrived.owners.values()].includes(token)) arrived.parcels.delete(token);
}

function unpack(token, bytes) {
  const start = TOKEN + 4, end = start + new DataView(bytes.buffer, bytes.byteOffset + TOKEN, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)));
  const [h, w] = header.shape, raw = bytes.slice(end);
  return header.kind === "map"
    ? { token, h, w, factor: header.factor, whole: new Int16Array(raw.buffer) }
    : { token, h, w, canvas: pictured(raw, h, w) };
}

function pictured(rgb, h, w) {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const context = canvas.getContext("2d"), image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let from = 0, to = 0; from < rgb.length; from += 3) {
    pixels[to++] = (255 << 24) | (rgb[from + 2] << 16) | (rgb[from + 1] << 8) | rgb[from];
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

