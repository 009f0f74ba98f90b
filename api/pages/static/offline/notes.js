// SPDX-License-Identifier: Apache-2.0
// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature), as verify/ledger reads them:
// Ed25519 by WebCrypto, SM2 by our own module; canonical base64; a known key that fails refuses the whole note.

import { concat, fromBase64, toBase64, toHex } from "../bytes.js";
import { parseKey, sha256, verifyDefault, verifyEd25519 } from "./keys.js";

const MOST_SIGNATURES = 64;
const LARGEST_NOTE = 128 * 1024;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const AHEAD = 5 * 60_000;
const LATEST = 253_402_300_799n; // the last second of the year 9999
const utf8 = (text) => new TextEncoder().encode(text);
const TYPES = { ed25519: Uint8Array.of(1), sm2: concat(Uint8Array.of(0xff), utf8("sm2-sm3")) };
const WITNESS_TYPES = { ed25519: Uint8Array.of(4), sm2: concat(Uint8Array.of(0xff), utf8("sm2-sm3-cosignature/v1")) };

/** Not a note, a checkpoint or canonical base64. */
export class NoteMalformed extends Error {}

/** The signature of a known key is false. */
export class NoteForged extends Error {}

/** Base64 in its one spelling. */
export function strictBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new NoteMalformed("base64");
  let bytes;
  try {
    bytes = fromBase64(text);
  } catch {
    throw new NoteMalformed("base64");
  }
  if (toBase64(bytes) !== text) throw new NoteMalformed("base64 with stray bits");
  return bytes;
}

/** {text, signatures: [{name, id, signature}]}. */
export function parseNote(note) {
  const cut = note.lastIndexOf("\n\n");
  const tail = note.slice(cut + 2);
  if (utf8(note).length > LARGEST_NOTE || cut < 0 || !tail.endsWith("\n")) throw new NoteMalformed("text, empty line, signatures");
  const text = note.slice(0, cut + 1);
  const lines = tail.slice(0, -1).split("\n");
  if (CONTROL.test(text) || lines.length > MOST_SIGNATURES) throw new NoteMalformed("control characters, or too many lines");
  const signatures = lines.map((line) => {
    const parts = line.split(" ");
    if (parts.length !== 3 || parts[0] !== "—" || !parts[1] || /[+\s\x00-\x1f]/.test(parts[1])) {
      throw new NoteMalformed("a signature line");
    }
    const blob = strictBase64(parts[2]);
    if (blob.length < 5) throw new NoteMalformed("a signature line");
    return { name: parts[1], id: toHex(blob.subarray(0, 4)), signature: blob.subarray(4) };
  });
  return { text, signatures };
}

/** {origin, size, root, sm3Root}. */
export function parseCheckpoint(text) {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n");
  if (root === undefined || !origin || !/^(0|[1-9][0-9]{0,18})$/.test(size) || BigInt(size) >= 1n << 63n) {
    throw new NoteMalformed("origin, size, root");
  }
  if (extensions.some((line) => !line)) throw new NoteMalformed("an empty line");
  const found = extensions.filter((line) => line.startsWith("sm3-root"));
  if (found.length > 1 || found.some((line) => !line.startsWith("sm3-root "))) throw new NoteMalformed("sm3-root");
  const hash = (encoded) => {
    const bytes = strictBase64(encoded);
    if (bytes.length !== 32) throw new NoteMalformed("32 bytes");
    return bytes;
  };
  return { origin, size: BigInt(size), root: hash(root), sm3Root: found.length ? hash(found[0].slice(9)) : null };
}

/** The known keys that signed, each once; throws NoteForged. */
export async function verifiedBy({ text, signatures }, keys) {
  const known = await withIds(keys, TYPES);
  const found = new Set();
  for (const { name, id, signature } of signatures) {
    const named = known.filter((one) => one.key.name === name && one.id === id);
    const good = [];
    for (const { key } of named) if (await verifies(key, signature, utf8(text))) good.push(key);
    if (named.length && !good.length) throw new NoteForged(name);
    for (const key of good) found.add(key);
  }
  return [...found];
}

/** Names of the witnesses that count at `at`, with the time of their newest word; throws NoteForged. */
export async function agreeingWitnesses({ text, signatures }, witnesses, at) {
  const [origin] = text.split("\n", 1);
  const known = await withIds(witnesses.filter((key) => key.name !== origin), WITNESS_TYPES);
  const said = [];
  for (const { name, id, signature } of signatures) {
    const named = known.filter((one) => one.key.name === name && one.id === id);
    if (!named.length) continue;
    const seconds = signature.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
    const good = [];
    for (const { key } of named) if (signature.length > 8 && (await verifies(key, signature.subarray(8), message))) good.push(key);
    if (!good.length || seconds < 1n || seconds > LATEST) throw new NoteForged(name);
    const moment = new Date(Number(seconds) * 1000);
    if (moment - at <= AHEAD) said.push({ name, algorithm: good[0].algorithm, at: moment });
  }
  return counted(said, witnesses);
}

/** A witness counts with all its algorithms, and one key under two names is one witness. */
function counted(said, witnesses) {
  const used = new Set();
  const found = [];
  for (const name of [...new Set(said.map((one) => one.name))].sort()) {
    const listed = witnesses.filter((key) => key.name === name);
    const mine = said.filter((one) => one.name === name);
    if (listed.some((key) => !mine.some((one) => one.algorithm === key.algorithm))) continue;
    if (listed.some((key) => used.has(key.key))) continue;
    for (const key of listed) used.add(key.key);
    found.push({ name, at: new Date(Math.max(...mine.map((one) => one.at))) });
  }
  return found;
}

async function withIds(keys, types) {
  return Promise.all(
    keys.filter((key) => types[key.algorithm]).map(async (key) => {
      const hashed = await sha256(concat(utf8(`${key.name}\n`), types[key.algorithm], fromBase64(key.key)));
      return { key, id: toHex(hashed.subarray(0, 4)) };
    }),
  );
}

async function verifies({ algorithm, key }, signature, message) {
  const bytes = fromBase64(key);
  if (algorithm === "ed25519") return verifyEd25519(bytes, signature, message);
  const opened = parseKey(bytes);
  return opened.kind === "SM2" && verifyDefault(opened, signature, message);
}
