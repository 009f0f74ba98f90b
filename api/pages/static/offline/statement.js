// SPDX-License-Identifier: Apache-2.0
// The QR text "IR1" taken apart: address, signed statement, signatures.  Structure only; nothing is verified here.
// `HTTPS://HOST/R/ID#DIGITS`; the digits are 1 byte algorithm, key id(s), payload, raw signature(s).

import { concat, toHex, toInteger } from "../bytes.js";
import { LARGEST_NUMBER, QrMalformed, fromDigits, idBytes, idOf, readArray, requireText } from "./codes.js";
import { KINDS } from "./kinds.js";

export { QrMalformed, normalizeId, printedId } from "./codes.js";

/** Readable, but not the signed address of a document. */
export class QrNotOurs extends Error {}

const CONTEXT = new TextEncoder().encode("诚信记录单/QR/v1");
const ADDRESS = /^(https?):\/\/([^/?#@\s]+)\/r\/([0-9a-z]+)(?:#([^]*))?$/i;
const HOST = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?$/;
const LONGEST = 2048;
const KID = 4;
const RAW = 64;
const LARGEST_PAYLOAD = 512;
const LAST_DAY = 2_932_896; // 9999-12-31, days from 1970-01-01
const USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const USCC = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
// What the first byte says: which algorithms signed, in the order of key ids and signatures.
const ALGORITHMS = { 1: ["ES256"], 2: ["SM2"], 3: ["SM2", "ES256"] };
const ORDERS = {
  SM2: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

/** Scheme, host, id and what follows "#". */
export function parseAddress(text) {
  const found = text.length <= LONGEST && /^[\x00-\x7f]*$/.test(text) ? ADDRESS.exec(text) : null;
  if (found === null) throw new QrNotOurs("not the address of a document: HTTPS://HOST/R/ID");
  const [scheme, host] = [found[1].toLowerCase(), found[2].toLowerCase()];
  const id = found[3].toUpperCase();
  if (host.length > 120 || !HOST.test(host)) throw new QrMalformed("host", "a host name, with a port if need be");
  idBytes(id);
  const loopback = ["localhost", "127.0.0.1"].includes(host.split(":")[0]);
  if (scheme !== "https" && !loopback) throw new QrMalformed("scheme", "HTTPS");
  return { scheme, host, id, fragment: found[4] ?? "" };
}

/** The statement in a QR text: what is signed by whom, and over which bytes. */
export function parseQr(text) {
  const { host, id, fragment } = parseAddress(text);
  if (!fragment) throw new QrNotOurs("an address without a signed statement");
  const envelope = fromDigits(fragment);
  if (envelope.length <= 1 + KID + RAW) throw new QrMalformed("digits", "too short for a signed statement");
  const algorithms = ALGORITHMS[envelope[0]];
  if (algorithms === undefined) throw new QrMalformed("algorithm", `number ${envelope[0]}`);
  const start = 1 + KID * algorithms.length;
  const end = envelope.length - RAW * algorithms.length;
  if (end <= start) throw new QrMalformed("digits", "too short for a signed statement");
  const statement = readPayload(envelope.subarray(start, end));
  if (statement.id !== id) throw new QrMalformed("id", "the address and the statement name different documents");
  const message = concat(CONTEXT, new TextEncoder().encode(host), Uint8Array.of(0), envelope.subarray(0, end));
  const signatures = algorithms.map((algorithm, i) => ({
    algorithm,
    kid: toHex(envelope.subarray(1 + KID * i, 1 + KID * (i + 1))),
    raw: inRange(envelope.subarray(end + RAW * i, end + RAW * (i + 1)), algorithm),
  }));
  return { host, statement, signatures, message };
}

function inRange(raw, algorithm) {
  for (const half of [raw.subarray(0, 32), raw.subarray(32)]) {
    const number = toInteger(half);
    if (number === 0n || number >= ORDERS[algorithm]) throw new QrMalformed("signature", "r and s in range");
  }
  return raw;
}

function readPayload(bytes) {
  if (bytes.length > LARGEST_PAYLOAD) throw new QrMalformed("payload", `at most ${LARGEST_PAYLOAD} bytes`);
  const items = readArray(bytes);
  if (items.length !== 6 && items.length !== 12) throw new QrMalformed("payload", "6 or 12 items");
  const [kind, id, digest, issued, until, index] = items;
  if (!(id instanceof Uint8Array) || id.length !== 10) throw new QrMalformed("id", "ten bytes");
  if (!(digest instanceof Uint8Array) || ![16, 32].includes(digest.length)) throw new QrMalformed("digest", "16 or 32 bytes");
  return {
    id: idOf(id),
    kind: readKind(kind),
    digest: toHex(digest),
    issued: day("issued", issued),
    validUntil: until === null ? null : day("valid_until", until),
    logIndex: index === null ? null : whole("log_index", index),
    facts: items.length === 12 ? readFacts(items.slice(6)) : null,
  };
}

function readKind(value) {
  if (typeof value === "number") {
    if (!KINDS.has(value)) throw new QrMalformed("kind", `number ${value} is not registered`);
    return KINDS.get(value);
  }
  const kind = text("kind", value);
  if (!kind || [...KINDS.values()].includes(kind)) throw new QrMalformed("kind", "registered kinds are numbers");
  return kind;
}

function readFacts([uscc, name, class_, good, bad, authority]) {
  return {
    uscc: code("uscc", uscc),
    name: text("name", name),
    class: text("class", class_),
    good: whole("good", good),
    bad: whole("bad", bad),
    authority: code("authority", authority),
  };
}

function whole(field, value) {
  if (typeof value !== "number" || value > LARGEST_NUMBER) throw new QrMalformed(field, "a whole number");
  return value;
}

function day(field, value) {
  if (whole(field, value) > LAST_DAY) throw new QrMalformed(field, "not a day of the calendar");
  return value;
}

function text(field, value) {
  if (typeof value !== "string") throw new QrMalformed(field, "text");
  return requireText(field, value);
}

/** A credit code travels as 11 bytes (GB 32100-2015 without its check character), anything else as text. */
function code(field, value) {
  if (!(value instanceof Uint8Array)) {
    const plain = text(field, value);
    if (USCC.test(plain) && checkCharacter(plain.slice(0, 17)) === plain[17]) throw new QrMalformed(field, "packed");
    return plain;
  }
  let number = toInteger(value);
  let body = "";
  for (let i = 0; i < 17; i += 1, number /= 31n) body = USCC_ALPHABET[Number(number % 31n)] + body;
  const full = body + checkCharacter(body);
  if (value.length !== 11 || number !== 0n || !USCC.test(full)) throw new QrMalformed(field, "a packed credit code");
  return full;
}

function checkCharacter(body) {
  let total = 0;
  for (let i = 0, weight = 1; i < 17; i += 1, weight = (weight * 3) % 31) total += weight * USCC_ALPHABET.indexOf(body[i]);
  return USCC_ALPHABET[(31 - (total % 31)) % 31];
}

/** Days from 1970-01-01 as an ISO date. */
export const isoDay = (days) => new Date(days * 86_400_000).toISOString().slice(0, 10);

