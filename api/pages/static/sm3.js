// SPDX-License-Identifier: Apache-2.0
// SM3 (GB/T 32905-2016), over bytes.  Vectors: tests/browser.

const IV = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];

const rotate = (word, by) => ((word << by) | (word >>> (32 - by))) >>> 0;
const permute0 = (x) => (x ^ rotate(x, 9) ^ rotate(x, 17)) >>> 0;
const permute1 = (x) => (x ^ rotate(x, 15) ^ rotate(x, 23)) >>> 0;

function padded(message) {
  const blocks = Math.floor((message.length + 9 + 63) / 64);
  const out = new Uint8Array(blocks * 64);
  out.set(message);
  out[message.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setUint32(out.length - 8, Math.floor((message.length * 8) / 2 ** 32));
  view.setUint32(out.length - 4, (message.length * 8) >>> 0);
  return view;
}

function compress(state, view, offset) {
  const w = new Uint32Array(68);
  for (let j = 0; j < 16; j += 1) w[j] = view.getUint32(offset + 4 * j);
  for (let j = 16; j < 68; j += 1) {
    w[j] = permute1(w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)) ^ rotate(w[j - 13], 7) ^ w[j - 6];
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let j = 0; j < 64; j += 1) {
    const constant = j < 16 ? 0x79cc4519 : 0x7a879d8a;
    const ss1 = rotate((rotate(a, 12) + e + rotate(constant, j % 32)) >>> 0, 7);
    const ss2 = ss1 ^ rotate(a, 12);
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) >>> 0;
    const tt2 = (gg + h + ss1 + w[j]) >>> 0;
    d = c;
    c = rotate(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotate(f, 19);
    f = e;
    e = permute0(tt2);
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word ^ state[i]) >>> 0);
}

/** The 32-byte SM3 digest of a Uint8Array. */
export function sm3(message) {
  const view = padded(message);
  let state = IV;
  for (let offset = 0; offset < view.byteLength; offset += 64) state = compress(state, view, offset);
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => out.setUint32(4 * i, word));
  return new Uint8Array(out.buffer);
}
