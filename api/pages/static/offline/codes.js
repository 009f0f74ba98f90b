// SPDX-License-Identifier: Apache-2.0
// The spellings inside a QR statement "IR1": decimal digits, document identifiers, one deterministic CBOR array.
// One value has one spelling, as in verify/qr: whatever this reader takes, the Python reader takes, and no more.

/** The text or a value in it breaks the format; `field` says where. */
export class QrMalformed extends Error {
  constructor(field, rule) {
    super(`${field}: ${rule}`);
    this.field = field;
  }
}

const TAIL_BYTES = { 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7 };
const ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32
const ID_LENGTH = 16;
export const LARGEST_NUMBER = 2 ** 53 - 1;
const LONGEST_TEXT = 200;

/** The bytes behind the digits: 17 digits hold 7 bytes. */
export function fromDigits(digits) {
  if (!/^[0-9]*$/.test(digits)) throw new QrMalformed("digits", "only 0-9");
  const out = [];
  for (let at = 0; at < digits.length; at += 17) {
    const group = digits.slice(at, at + 17);
    const size = TAIL_BYTES[group.length];
    let number = BigInt(group);
    if (size === undefined || number >> BigInt(8 * size)) throw new QrMalformed("digits", `group at ${at}`);
    const bytes = [];
    for (let i = 0; i < size; i += 1, number >>= 8n) bytes.unshift(Number(number & 0xffn));
    out.push(...bytes);
  }
  return Uint8Array.from(out);
}

/** The ten bytes of an identifier in its one spelling. */
export function idBytes(id) {
  let number = 0n;
  for (const character of id) {
    const value = ID_ALPHABET.indexOf(character);
    if (value < 0) throw new QrMalformed("id", "only 0-9 and A-Z without I, L, O, U");
    number = (number << 5n) | BigInt(value);
  }
  if (id.length !== ID_LENGTH) throw new QrMalformed("id", `${ID_LENGTH} characters`);
  return Uint8Array.from({ length: 10 }, (_, i) => Number((number >> BigInt(72 - 8 * i)) & 0xffn));
}

/** The identifier that ten bytes spell. */
export function idOf(bytes) {
  const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Array.from({ length: ID_LENGTH }, (_, i) => ID_ALPHABET[Number((number >> BigInt(75 - 5 * i)) & 31n)]).join("");
}

/** What a person typed, as an identifier: any case, hyphens or spaces, O for 0, I or L for 1. */
export function normalizeId(typed) {
  if (typed.length > 4 * ID_LENGTH) throw new QrMalformed("id", `${ID_LENGTH} characters`);
  const id = typed.toUpperCase().replace(/[- ]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  idBytes(id);
  return id;
}

export const printedId = (id) => id.match(/.{4}/g).join("-");

/** One line that a person can read: no control, format or separator characters but the space. */
export function requireText(field, text) {
  if ([...text].length > LONGEST_TEXT || !/^(?: |[^\p{C}\p{Z}])*$/u.test(text)) {
    throw new QrMalformed(field, `at most ${LONGEST_TEXT} printable characters`);
  }
  return text;
}

/** The items of one definite array of whole numbers, byte strings, texts and nulls, each in its shortest form. */
export function readArray(bytes) {
  let at = 0;
  const take = (count) => {
    if (at + count > bytes.length) throw new QrMalformed("payload", "ends too early");
    at += count;
    return bytes.subarray(at - count, at);
  };
  const head = () => {
    const [first] = take(1);
    const [major, short] = [first >> 5, first & 31];
    if (short < 24) return [major, short, first];
    if (short > 27) throw new QrMalformed("payload", "not CBOR");
    const size = 1 << (short - 24);
    const number = take(size).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const least = size === 1 ? 24n : 1n << BigInt(4 * size);
    if (number < least || number > BigInt(LARGEST_NUMBER)) throw new QrMalformed("payload", "not the shortest form");
    return [major, Number(number), first];
  };
  const item = () => {
    const [major, number, first] = head();
    if (major === 0) return number;
    if (major === 2) return take(number);
    if (major === 3) return utf8(take(number));
    if (first === 0xf6) return null;
    throw new QrMalformed("payload", "a number, bytes, text or null");
  };
  const [major, count] = head();
  if (major !== 4 || count > 64) throw new QrMalformed("payload", "an array");
  const items = Array.from({ length: count }, item);
  if (at !== bytes.length) throw new QrMalformed("payload", "bytes after the array");
  return items;
}

function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new QrMalformed("payload", "not UTF-8");
  }
}
