// SPDX-License-Identifier: Apache-2.0
// Public keys as SubjectPublicKeyInfo, and signatures by them: SM2 in our own module, the others by WebCrypto.

import { children, dotted, read } from "../der.js";
import { toInteger } from "../bytes.js";
import * as sm2 from "../sm2.js";

const EC = "1.2.840.10045.2.1";
const RSA = "1.2.840.113549.1.1.1";
const CURVES = {
  "1.2.156.10197.1.301": "SM2",
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.34": "P-384",
};

/** This device cannot check; that is neither a yes nor a no. */
export class Unable extends Error {}

/** {kind, spki, point}: SM2, P-256, P-384 or RSA. */
export function parseKey(spki) {
  const whole = read(spki);
  const [algorithm, bits, ...more] = children(whole.value);
  if (whole.tag !== 0x30 || whole.end !== spki.length || bits?.tag !== 3 || bits.value[0] !== 0 || more.length) {
    throw new Error("not a public key");
  }
  const [oid, parameters] = children(algorithm.value);
  if (dotted(oid.value) === RSA) return { kind: "RSA", spki };
  const kind = dotted(oid.value) === EC && parameters?.tag === 6 ? CURVES[dotted(parameters.value)] : undefined;
  if (kind === undefined) throw new Error("a kind of key that this page does not know");
  return { kind, spki, point: bits.value.subarray(1) };
}

/** Raw r || s of a signature over `message`; false for anything that is not one. */
export async function verifyRaw(key, raw, message, hash = { "P-256": "SHA-256", "P-384": "SHA-384" }[key.kind]) {
  if (key.kind === "RSA" || raw.length % 2) return false;
  if (key.kind === "SM2") {
    return sm2.verify(key.point, message, toInteger(raw.subarray(0, raw.length / 2)), toInteger(raw.subarray(raw.length / 2)));
  }
  return webVerify(key, { name: "ECDSA", namedCurve: key.kind }, { name: "ECDSA", hash }, raw, message);
}

/** RSASSA-PKCS1-v1_5. */
export async function verifyRsa(key, hash, signature, message) {
  const scheme = { name: "RSASSA-PKCS1-v1_5", hash };
  return key.kind === "RSA" && webVerify(key, scheme, scheme, signature, message);
}

/** A signature by the default scheme of its key: SM2 and ECDSA in DER, RSA with SHA-256. */
export async function verifyDefault(key, signature, message) {
  if (key.kind === "RSA") return verifyRsa(key, "SHA-256", signature, message);
  const raw = rawOf(signature, key.kind === "P-384" ? 48 : 32);
  return raw !== null && verifyRaw(key, raw, message);
}

/** Ed25519 with the 32 bytes of a key; throws Unable in a browser that has none. */
export async function verifyEd25519(raw, signature, message) {
  let key;
  try {
    key = await subtle().importKey("raw", raw, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error instanceof Unable || error.name === "NotSupportedError") throw new Unable("this browser has no Ed25519");
    return false;
  }
  return subtle().verify("Ed25519", key, signature, message);
}

/** SHA-256 of bytes. */
export async function sha256(bytes) {
  return new Uint8Array(await subtle().digest("SHA-256", bytes));
}

async function webVerify(key, imported, scheme, signature, message) {
  let opened;
  try {
    opened = await subtle().importKey("spki", key.spki, imported, false, ["verify"]);
  } catch (error) {
    if (error instanceof Unable) throw error;
    return false; // not a key: a point off the curve, for example
  }
  return subtle().verify(scheme, opened, signature, message);
}

function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) throw new Unable("WebCrypto is there only under https or on this machine itself");
  return found;
}

/** r || s from DER with minimal positive integers; null for any other spelling. */
export function rawOf(der, half) {
  try {
    const whole = read(der);
    const parts = children(whole.value);
    if (whole.tag !== 0x30 || whole.end !== der.length || der[1] >= 0x80 || parts.length !== 2) return null;
    const raw = new Uint8Array(2 * half);
    for (const [i, { tag, value }] of parts.entries()) {
      const minimal = value.length > 0 && value[0] < 0x80 && (value.length === 1 || value[0] !== 0 || value[1] >= 0x80);
      const digits = value[0] === 0 ? value.subarray(1) : value;
      if (tag !== 2 || !minimal || digits.length > half) return null;
      raw.set(digits, half * (i + 1) - digits.length);
    }
    return raw;
  } catch {
    return null;
  }
}

