// SPDX-License-Identifier: Apache-2.0
// Makes a holder's key in the page: SM2 by our own module, RSA by the browser's.  What leaves the page is the
// PKCS#10 request (RFC 2986); the key is saved by the person as a PEM file, PKCS#8 under PBES2 (RFC 8018:
// PBKDF2-HMAC-SHA256 and AES-256-CBC), which keyfile.js opens.

import { fromBase64, toBase64, toBytes32, toHex, toInteger } from "./bytes.js";
import { children, read } from "./der.js";
import { bits, element, identifier, integer, nothing, octets, printable, sequence, setOf, utf8 } from "./der_writer.js";
import { KeyFileError, openKeyFile } from "./keyfile.js";
import { publicKeyOf, sign as signSm2 } from "./sm2.js";

const OID = {
  ec: "1.2.840.10045.2.1",
  sm2: "1.2.156.10197.1.301",
  sm2WithSm3: "1.2.156.10197.1.501",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacSha256: "1.2.840.113549.2.9",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
};
const ITERATIONS = 600_000;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const random = (size) => crypto.getRandomValues(new Uint8Array(size));

function sm2Key() {
  for (;;) {
    const secret = random(32);
    const d = toInteger(secret);
    let point;
    try {
      point = publicKeyOf(d);
    } catch {
      continue; // outside [1, n-2]: once in 2^32
    }
    const algorithm = sequence(identifier(OID.ec), identifier(OID.sm2));
    const inner = sequence(integer(1), octets(toBytes32(d)), element(0xa1, bits(point)));
    secret.fill(0);
    return {
      spki: sequence(algorithm, bits(point)),
      pkcs8: sequence(integer(0), algorithm, octets(inner)),
      algorithm: sequence(identifier(OID.sm2WithSm3), nothing()),
      sign: async (bytes) => signSm2(d, bytes),
    };
  }
}

async function rsaKey() {
  const asked = { ...RSA, modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await crypto.subtle.generateKey(asked, true, ["sign", "verify"]);
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
    pkcs8: new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
    algorithm: sequence(identifier(OID.sha256WithRsa), nothing()),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(RSA.name, pair.privateKey, bytes)),
  };
}

/** C, O with the credit code in front, CN: as the service writes names. */
function subject({ name, uscc }) {
  const one = (oid, value) => setOf(sequence(identifier(oid), value));
  const parts = [one("2.5.4.6", printable("CN"))];
  if (uscc) parts.push(one("2.5.4.10", utf8(uscc + name)));
  parts.push(one("2.5.4.3", utf8(name)));
  return sequence(...parts);
}

async function encrypted(pkcs8, passphrase) {
  const salt = random(16);
  const iv = random(16);
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS }, secret, { name: "AES-CBC", length: 256 }, false, ["encrypt"],
  );
  const hidden = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, pkcs8));
  const derivation = sequence(
    identifier(OID.pbkdf2),
    sequence(octets(salt), integer(ITERATIONS), sequence(identifier(OID.hmacSha256), nothing())),
  );
  const scheme = sequence(identifier(OID.pbes2), sequence(derivation, sequence(identifier(OID.aes256Cbc), octets(iv))));
  return sequence(scheme, octets(hidden));
}

/** A PEM section. */
export function pem(label, bytes) {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Make a key for a holder.  Resolves to {request: base64 of PKCS#10, file: text of the key file}.
 * `family` is "SM2" or "RSA"; `holder` is {name, uscc}.
 */
export async function makeKey(family, holder, passphrase) {
  const key = family === "RSA" ? await rsaKey() : sm2Key();
  const info = sequence(integer(0), subject(holder), key.spki, element(0xa0));
  const request = sequence(info, key.algorithm, bits(await key.sign(info)));
  const file = pem("ENCRYPTED PRIVATE KEY", await encrypted(key.pkcs8, passphrase));
  key.pkcs8.fill(0);
  return { request: toBase64(request), file };
}

function keyOfCertificate(certificate) {
  const [tbs] = children(read(certificate).value);
  const parts = children(tbs.value);
  // version [0], serial, algorithm, issuer, validity, subject, key
  const info = parts[parts[0].tag === 0xa0 ? 6 : 5];
  const [, key] = children(info.value);
  return { spki: element(info.tag, info.value), point: key.value.subarray(1) };
}

async function belongs(key, certificate) {
  const { spki, point } = keyOfCertificate(certificate);
  if (key.family === "SM2") return toHex(key.publicKey) === toHex(point);
  if (key.family !== "RSA") return true; // keys that were made elsewhere
  const message = random(32);
  try {
    const publicKey = await crypto.subtle.importKey("spki", spki, RSA, false, ["verify"]);
    return await crypto.subtle.verify(RSA.name, publicKey, await key.sign(message), message);
  } catch {
    return false;
  }
}

/**
 * The key file with its certificates in front; the key is opened to see that it is theirs.
 * Rejects with KeyFileError.
 */
export async function withCertificates(text, certificates, passphrase) {
  const bare = text.replace(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\s*/g, "").trimStart();
  const merged = certificates.map((one) => pem("CERTIFICATE", fromBase64(one))).join("") + bare;
  const key = await openKeyFile(merged, passphrase);
  if (!(await belongs(key, fromBase64(certificates[0])))) {
    throw new KeyFileError("这个密钥文件不是申请该证书时生成的那一个。", "This key file belongs to another certificate.");
  }
  return merged;
}

/** Hand a text to the person as a file. */
export function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
