// SPDX-License-Identifier: Apache-2.0
// A small writer of DER (X.690), for keys and requests that are made in the page.

import { concat } from "./bytes.js";

function length(size) {
  if (size < 0x80) return Uint8Array.of(size);
  const bytes = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

/** One element: tag, length, content. */
export function element(tag, ...parts) {
  const content = concat(...parts);
  return concat(Uint8Array.of(tag), length(content.length), content);
}

export const sequence = (...parts) => element(0x30, ...parts);
export const setOf = (...parts) => element(0x31, ...parts); // one member each, so nothing has to be sorted
export const octets = (bytes) => element(0x04, bytes);
export const bits = (bytes) => element(0x03, Uint8Array.of(0), bytes);
export const nothing = () => element(0x05);
export const utf8 = (text) => element(0x0c, new TextEncoder().encode(text));
export const printable = (text) => element(0x13, new TextEncoder().encode(text));

/** A small natural number. */
export function integer(value) {
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if (!bytes.length || bytes[0] >= 0x80) bytes.unshift(0);
  return element(0x02, Uint8Array.from(bytes));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function identifier(dotted) {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [];
  for (const arc of [40 * first + second, ...rest]) {
    const group = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) group.unshift(0x80 | left % 128);
    bytes.push(...group);
  }
  return element(0x06, Uint8Array.from(bytes));
}
