// SPDX-License-Identifier: Apache-2.0
// As much of RFC 5280 as the signers of a list need: certificates, revocation lists, and a path to a known anchor.
// Stricter than the RFC: names are compared byte by byte, and an extension that is critical and unknown ends it.

import { children, dotted, read } from "../der.js";
import { toHex } from "../bytes.js";
import { parseKey, verifyRaw, rawOf, verifyRsa } from "./keys.js";

const SIGNATURES = {
  "1.2.156.10197.1.501": { kinds: ["SM2"] },
  "1.2.840.10045.4.3.2": { kinds: ["P-256", "P-384"], hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { kinds: ["P-384"], hash: "SHA-384" },
  "1.2.840.113549.1.1.11": { kinds: ["RSA"], hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { kinds: ["RSA"], hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { kinds: ["RSA"], hash: "SHA-512" },
};
const [KEY_USAGE, BASIC, EXTENDED] = ["2.5.29.15", "2.5.29.19", "2.5.29.37"];
// Subject and authority key id, alternative names, policies, distribution points, information access.
const HARMLESS = /^(2\.5\.29\.(14|35|17|18|32|31|46)|1\.3\.6\.1\.5\.5\.7\.1\.(1|11))$/;
const TSL_SIGNING = "0.4.0.2231.3.0"; // ETSI TS 119 612 section 5.7.1
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;
const LONGEST_PATH = 4;

/** A certificate taken apart; throws for what cannot be read. */
export function parseCertificate(der) {
  const { body, algorithm, signature } = signedParts(der);
  const fields = children(body.value);
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [serial, inner, issuer, validity, subject, spki, ...rest] = fields;
  if (toHex(inner.raw) !== toHex(algorithm.raw)) throw new Error("certificate: two signature algorithms");
  const [from, until] = children(validity.value).map(momentOf);
  const extensions = rest.find((one) => one.tag === 0xa3);
  return {
    der, signed: body.raw, algorithm: dotted(children(algorithm.value)[0].value), signature,
    serial: toHex(serial.value), issuer: toHex(issuer.raw), subject: toHex(subject.raw), name: commonName(subject),
    from, until, key: parseKey(spki.raw), ...constraints(extensions),
  };
}

/** {issuer, serials, …} of a complete revocation list. */
export function parseCrl(der) {
  const { body, algorithm, signature } = signedParts(der);
  const fields = children(body.value);
  if (fields[0].tag === 2) fields.shift();
  const [, issuer, issued, ...rest] = fields;
  const entries = rest.find((one) => one.tag === 0x30);
  return {
    signed: body.raw, algorithm: dotted(children(algorithm.value)[0].value), signature,
    issuer: toHex(issuer.raw), issued: momentOf(issued),
    serials: new Set(entries ? children(entries.value).map((one) => toHex(children(one.value)[0].value)) : []),
  };
}

/**
 * May this certificate sign lists?  The anchor that it leads to, or null.  `revoked(certificate, issuer)` tells
 * whether a list of revoked certificates names it.
 */
export async function anchorOf(signer, { anchors, intermediates, crls }, at) {
  if (!(signer.keyUsage & DIGITAL_SIGNATURE) || !signer.uses.includes(TSL_SIGNING)) return null;
  return climb(signer, { anchors, intermediates, crls }, at, 0);
}

async function climb(one, material, at, depth) {
  if (depth > LONGEST_PATH || one.unknown || at < one.from || at > one.until) return null;
  const known = material.anchors.find((anchor) => toHex(anchor.der) === toHex(one.der));
  if (known) return depth ? known : null;
  for (const issuer of [...material.anchors, ...material.intermediates]) {
    const fits = issuer.subject === one.issuer && issuer.ca && depth <= issuer.below && issuer.keyUsage & KEY_CERT_SIGN;
    if (!fits || !(await isSignedBy(one, issuer.key)) || (await revoked(one, issuer, material.crls))) continue;
    const anchor = await climb(issuer, material, at, depth + 1);
    if (anchor) return anchor;
  }
  return null;
}

async function revoked(one, issuer, crls) {
  for (const crl of crls) {
    if (crl.issuer === issuer.subject && crl.serials.has(one.serial)) {
      if (issuer.keyUsage & CRL_SIGN && (await isSignedBy(crl, issuer.key))) return true;
    }
  }
  return false;
}

async function isSignedBy({ signed, algorithm, signature }, key) {
  const scheme = SIGNATURES[algorithm];
  if (!scheme?.kinds.includes(key.kind)) return false;
  if (key.kind === "RSA") return verifyRsa(key, scheme.hash, signature, signed);
  const raw = rawOf(signature, key.kind === "P-384" ? 48 : 32);
  return raw !== null && verifyRaw(key, raw, signed, scheme.hash);
}

function signedParts(der) {
  const whole = read(der);
  const [body, algorithm, bits, ...more] = children(whole.value);
  if (whole.tag !== 0x30 || whole.end !== der.length || more.length || bits?.tag !== 3 || bits.value[0] !== 0) {
    throw new Error("not a signed structure");
  }
  return { body, algorithm, signature: bits.value.subarray(1) };
}

function constraints(extensions) {
  const found = { ca: false, below: 0, keyUsage: 0, uses: [], unknown: false };
  for (const one of extensions ? children(children(extensions.value)[0].value) : []) {
    const parts = children(one.value);
    const [oid, critical, value] = [dotted(parts[0].value), parts[1].tag === 1, parts.at(-1).value];
    if (oid === BASIC) {
      const [ca, length] = children(read(value).value);
      found.ca = ca?.tag === 1 && ca.value[0] !== 0;
      found.below = length?.tag === 2 ? length.value[0] : LONGEST_PATH;
    } else if (oid === KEY_USAGE) {
      found.keyUsage = read(value).value[1] ?? 0;
    } else if (oid === EXTENDED) {
      found.uses = children(read(value).value).map((use) => dotted(use.value));
    } else if (critical && !HARMLESS.test(oid)) {
      found.unknown = true;
    }
  }
  return found;
}

function momentOf({ tag, value }) {
  const text = new TextDecoder().decode(value);
  const found = /^(\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!found || (tag === 0x17) !== (found[1] === undefined)) throw new Error("a time in UTC");
  const [, century, year, ...rest] = found;
  const full = century ?? (Number(year) >= 50 ? "19" : "20");
  const moment = new Date(`${full}${year}-${rest[0]}-${rest[1]}T${rest[2]}:${rest[3]}:${rest[4]}Z`);
  if (Number.isNaN(moment.getTime())) throw new Error("a time that no calendar has");
  return moment;
}

function commonName(subject) {
  for (const set of children(subject.value)) {
    for (const pair of children(set.value)) {
      const [oid, value] = children(pair.value);
      if (dotted(oid.value) === "2.5.4.3") return new TextDecoder().decode(value.value);
    }
  }
  return "";
}
