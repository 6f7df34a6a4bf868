// The decoder reads what payload.py packs: the fixtures are packed by Python and handed over as hexadecimal digits.

import assert from "node:assert/strict";
import test from "node:test";

import { decode, keep, onPayloads, payload, payloads } from "../../featviz/ui/components/browser/payload.js";

const packed = JSON.parse(process.env.PACKED ?? "[]");
const bytesOf = (digits) => Uint8Array.from(digits.match(/../g), (byte) => parseInt(byte, 16));

// A payload of one byte, put together by hand.
function byHand(token, value) {
  const header = JSON.stringify({ token, arrays: [{ name: "only", type: "u1", shape: [1] }] }).padEnd(76);
  const bytes = new Uint8Array(4 + header.length + 8);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(new TextEncoder().encode(header), 4);
  bytes[4 + header.length] = value;
  return bytes;
}

test("what Python packs comes out with its types, shapes and values", { skip: !packed.length && "run by pytest" }, () => {
  for (const { data, header, arrays } of packed) {
    const { token, received: _, ...read } = decode(bytesOf(data));
    assert.match(token, /^[0-9a-f]{32}$/);
    for (const [name, { type, shape, values }] of Object.entries(arrays)) {
      assert.equal(read[name].values.constructor.name, type);
      assert.deepEqual(read[name].shape, shape);
      assert.deepEqual([...read[name].values], values);
      delete read[name];
    }
    assert.deepEqual(read, header);
  }
});

test("bytes are read wherever they lie in a message", () => {
  const bytes = byHand("a", 7), message = new Uint8Array(bytes.length + 3);
  message.set(bytes, 3);
  assert.deepEqual(decode(message.subarray(3)).only, { shape: [1], values: Uint8Array.of(7) });
});

test("a payload is kept while anything brings it, and decoded once", () => {
  const [first, second] = [{}, {}];
  const leave = keep(first, byHand("a", 1)), there = payload("a");
  const leaveToo = keep(second, byHand("a", 1));
  assert.equal(payload("a"), there);
  leave();
  assert.equal(payload("a"), there);
  leaveToo();
  assert.equal(payload("a"), undefined);
});

test("an element that brings another payload, or none, drops the one before", () => {
  const owner = {};
  keep(owner, byHand("a", 1));
  keep(owner, byHand("b", 2));
  assert.deepEqual(payloads().map(({ token }) => token), ["b"]);
  const leave = keep(owner, null);
  assert.deepEqual(payloads(), []);
  leave();
});

test("who listens is called once for all that came together, and not after it left", async () => {
  let calls = 0;
  const forget = onPayloads(() => calls++);
  const leave = [keep({}, byHand("a", 1)), keep({}, byHand("b", 2))];
  assert.equal(calls, 0);
  await Promise.resolve();
  assert.equal(calls, 1);
  forget();
  leave.push(keep({}, byHand("c", 3)));
  await Promise.resolve();
  assert.equal(calls, 1);
  for (const each of leave) each();
});
