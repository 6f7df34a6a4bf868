// Parts of scatters that have arrived, by the digests that name them, and the views, by the names of their scatters.
// This text is a component of its own, which brings one part, and the start of the scatter.

const arrived = (globalThis[Symbol.for("featviz.scatter")] ??= {
  parts: new Map(), // token -> part
  owners: new Map(), // the element that brings a part -> its token
  scatters: new Set(),
  kept: new Map(), // name -> where a person left a scatter that is off the page
});

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

function bring({ data, parentElement: owner }) {
  const header = data?.length ? headed(data) : { token: "" };
  const before = arrived.owners.get(owner);
  arrived.owners.set(owner, header.token);
  if (!arrived.parts.has(header.token)) arrived.parts.set(header.token, unpack(header, data));
  if (before !== undefined && before !== header.token) forget(before);
  for (const scatter of arrived.scatters) scatter.awaitMore();
  return () => {
    const last = arrived.owners.get(owner);
    arrived.owners.delete(owner);
    forget(last);
  };
}

function forget(token) {
  if (token && ![...arrived.owners.values()].includes(token)) arrived.parts.delete(token);
}

function headed(data) {
  const end = 4 + new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  return { ...JSON.parse(new TextDecoder().decode(data.subarray(4, end))), end };
}

function unpack(header, data) {
  const raw = data?.length ? data.slice(header.end) : new Uint8Array();
  const [count, across] = header.shape ?? [];
  if (header.kind === "points") return { ...header, count, dims: across, whole: new Uint16Array(raw.buffer) };
  if (header.kind === "array") return { ...header, count, across, values: new TYPES[header.type](raw.buffer) };
  if (header.kind === "mask") return { ...header, count, has: (i) => (raw[i >> 3] >> (i & 7)) & 1 };
  if (header.kind === "texts") return { ...header, count, at: textAt(raw, count) };
  return header;
}

function textAt(raw, count) {
  const places = new Uint32Array(raw.buffer, 0, count + 1), start = 4 * (count + 1);
  return (i) => new TextDecoder().decode(raw.subarray(start + places[i], start + places[i + 1]));
}

