// SPDX-License-Identifier: Apache-2.0
// Opens a holder's key file in the page: a PEM text with CERTIFICATE and PRIVATE KEY (PKCS#8, RFC 5958) or
// ENCRYPTED PRIVATE KEY (PBES2, RFC 8018: PBKDF2-HMAC-SHA256 and AES-CBC).  Nothing of it leaves the page but
// the certificate and the signatures that the person asks for.

import { concat, fromBase64, toBase64, toInteger } from "./bytes.js";
import { children, dotted, read } from "./der.js";
import { encodeSignature, publicKeyOf, sign as signSm2 } from "./sm2.js";

const OID = {
  ec: "1.2.840.10045.2.1",
  sm2: "1.2.156.10197.1.301",
  rsa: "1.2.840.113549.1.1.1",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacSha256: "1.2.840.113549.2.9",
};
const CURVES = {
  "1.2.840.10045.3.1.7": { name: "P-256", hash: "SHA-256", size: 32 },
  "1.3.132.0.34": { name: "P-384", hash: "SHA-384", size: 48 },
};
const AES_CBC = { "2.16.840.1.101.3.4.1.2": 128, "2.16.840.1.101.3.4.1.22": 192, "2.16.840.1.101.3.4.1.42": 256 };
const MOST_ITERATIONS = 10_000_000;

/** Why a key file cannot be used; `zh` and `en` are shown to the person. */
export class KeyFileError extends Error {
  constructor(zh, en) {
    super(`${zh} ${en}`);
    this.zh = zh;
    this.en = en;
  }
}

function sections(text) {
  const found = {};
  for (const [, label, body] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)) {
    try {
      found[label] ??= fromBase64(body);
    } catch {
      throw new KeyFileError("密钥文件已损坏。", "The key file is damaged (base64).");
    }
  }
  return found;
}

async function decrypt(encrypted, passphrase) {
  const [algorithm, data] = children(read(encrypted).value);
  const [scheme, parameters] = children(algorithm.value);
  if (dotted(scheme.value) !== OID.pbes2) {
    throw new KeyFileError("密钥文件的加密方式不支持,请另存为 PBES2(AES)。", "Unsupported key encryption: use PBES2.");
  }
  const [derivation, cipher] = children(parameters.value).map((part) => children(part.value));
  const [salt, iterations, ...rest] = children(derivation[1].value);
  const prf = rest.find((part) => part.tag === 0x30);
  const bits = AES_CBC[dotted(cipher[0].value)];
  const rounds = Number(toInteger(iterations.value));
  if (
    dotted(derivation[0].value) !== OID.pbkdf2 || !prf || !bits || rounds < 1 || rounds > MOST_ITERATIONS ||
    dotted(children(prf.value)[0].value) !== OID.hmacSha256
  ) {
    throw new KeyFileError("密钥文件的加密参数不支持。", "Unsupported PBES2 parameters.");
  }
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: salt.value, iterations: rounds },
    secret, { name: "AES-CBC", length: bits }, false, ["decrypt"],
  );
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: cipher[1].value }, key, data.value));
  } catch {
    throw new KeyFileError("口令不正确。请重新输入密钥文件的口令。", "Wrong passphrase for this key file.");
  }
}

const RAW_PARTS = (raw, size) => [toInteger(raw.subarray(0, size)), toInteger(raw.subarray(size))];

function sm2Signer(info) {
  const [, secret] = children(read(info.value).value);
  const d = toInteger(secret.value);
  const publicKey = publicKeyOf(d);
  return { family: "SM2", publicKey, sign: async (bytes) => signSm2(d, bytes) };
}

function wideInteger(value) {
  let hex = value.toString(16);
  if (hex.length % 2) hex = `0${hex}`;
  let bytes = Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
  if (bytes[0] >= 0x80) bytes = concat(Uint8Array.of(0), bytes);
  return concat(Uint8Array.of(2, bytes.length), bytes);
}

function derOf(raw, size) {
  const [r, s] = RAW_PARTS(raw, size);
  if (size === 32) return encodeSignature(r, s);
  const body = concat(wideInteger(r), wideInteger(s));
  return concat(Uint8Array.of(0x30, ...(body.length < 0x80 ? [body.length] : [0x81, body.length])), body);
}

async function webCryptoSigner(pkcs8, oid, curve) {
  if (oid === OID.rsa) {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
    return { family: "RSA", sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(algorithm, key, bytes)) };
  }
  const { name, hash, size } = curve;
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: name }, false, ["sign"]);
  return {
    family: "ECDSA",
    sign: async (bytes) => derOf(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash }, key, bytes)), size),
  };
}

async function signerOf(pkcs8) {
  const [, algorithm, secret] = children(read(pkcs8).value);
  const [oid, parameters] = children(algorithm.value).map((part) => (part.tag === 6 ? dotted(part.value) : null));
  if (oid === OID.ec && parameters === OID.sm2) return sm2Signer(secret);
  if (oid === OID.rsa || (oid === OID.ec && CURVES[parameters])) {
    return webCryptoSigner(pkcs8, oid, CURVES[parameters]);
  }
  throw new KeyFileError("不支持的密钥类型,请使用 SM2、RSA 或 ECDSA 密钥。", "Unsupported key type: SM2, RSA or ECDSA.");
}

/**
 * Open a key file.  Resolves to {family, certificate (base64 DER), sign(bytes) -> signature bytes (DER)}.
 * Rejects with KeyFileError.
 */
export async function openKeyFile(text, passphrase) {
  const found = sections(text);
  if (!found.CERTIFICATE) {
    throw new KeyFileError("文件里没有证书(CERTIFICATE)。请选择包含证书和私钥的 PEM 文件。", "No CERTIFICATE in this file.");
  }
  const encrypted = found["ENCRYPTED PRIVATE KEY"];
  if (!encrypted && !found["PRIVATE KEY"]) {
    throw new KeyFileError("文件里没有私钥(PRIVATE KEY)。", "No PRIVATE KEY in this file.");
  }
  try {
    const pkcs8 = encrypted ? await decrypt(encrypted, passphrase) : found["PRIVATE KEY"];
    const signer = await signerOf(pkcs8);
    pkcs8.fill(0);
    return { ...signer, certificate: toBase64(found.CERTIFICATE) };
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError("无法读取这个密钥文件,可能已损坏。", "This key file cannot be read.");
  }
}
