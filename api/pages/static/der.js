// SPDX-License-Identifier: Apache-2.0
// A small strict reader of DER, for key files and certificates that a person opens in the page.

/** Read one element at `offset`: {tag, value, end, raw}.  Definite lengths only. */
export function read(bytes, offset = 0) {
  if (offset + 2 > bytes.length) throw new Error("DER: ends too early");
  const tag = bytes[offset];
  let length = bytes[offset + 1];
  let start = offset + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 4 || start + count > bytes.length) throw new Error("DER: bad length");
    length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + bytes[start + i];
    start += count;
  }
  if (start + length > bytes.length) throw new Error("DER: longer than the file");
  const end = start + length;
  return { tag, value: bytes.subarray(start, end), end, raw: bytes.subarray(offset, end) };
}

/** The elements inside a constructed value. */
export function children(value) {
  const found = [];
  for (let offset = 0; offset < value.length; ) {
    const element = read(value, offset);
    found.push(element);
    offset = element.end;
  }
  return found;
}

/** An OBJECT IDENTIFIER in dotted form. */
export function dotted(value) {
  const arcs = [];
  let arc = 0;
  for (const byte of value) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const first = Math.min(2, Math.floor(arcs[0] / 40));
  return [first, arcs[0] - 40 * first, ...arcs.slice(1)].join(".");
}
