// Payloads: bytes that Python sends once and names by their digest. They are kept while anything on the page brings
// them. Components do not share their modules, so what is kept lies where all of them find it.

const kept = (globalThis[Symbol.for("featviz.payloads")] ??= {
  payloads: new Map(), // token -> payload
  owners: new Map(), // the element that brings a payload -> its token
  listeners: new Set(),
});

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i2: Int16Array };
const ALIGNMENT = 8; // bytes, as in payload.py

export const textOf = (bytes) => new TextDecoder().decode(bytes);
export const jsonOf = (bytes) => JSON.parse(textOf(bytes));

// Laid out as: 4 bytes length of the header, the header in JSON, the arrays, each from a multiple of 8 bytes on. Returned
// is the header, and in it each array under its name, as { shape, values }.
export function decode(bytes) {
  const { start, arrays, ...payload } = headerOf(bytes);
  const { buffer } = bytes.slice(start);
  let from = 0;
  for (const { name, type, shape } of arrays) {
    const size = shape.reduce((product, length) => product * length, 1);
    payload[name] = { shape, values: new TYPES[type](buffer, from, size) };
    from += Math.ceil((size * TYPES[type].BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  }
  return payload;
}

function headerOf(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return { start, ...jsonOf(bytes.subarray(4, start)) };
}

// An element brings a payload, or none in place of the one before; returned is how it leaves.
export function keep(owner, bytes) {
  const token = bytes?.length ? headerOf(bytes).token : "", before = kept.owners.get(owner);
  kept.owners.set(owner, token);
  if (token && !kept.payloads.has(token)) kept.payloads.set(token, { ...decode(bytes), received: performance.now() });
  if (before !== token) forget(before);
  for (const listener of kept.listeners) listener();
  return () => {
    const last = kept.owners.get(owner);
    kept.owners.delete(owner);
    forget(last);
  };
}

function forget(token) {
  if (![...kept.owners.values()].includes(token)) kept.payloads.delete(token);
}

export const payload = (token) => kept.payloads.get(token);
export const payloads = () => [...kept.payloads.values()];

// Calls once after all payloads that came together; returned is what ends that.
export function onPayloads(call) {
  let waiting = false;
  const listener = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      call();
    });
  };
  kept.listeners.add(listener);
  return () => kept.listeners.delete(listener);
}
