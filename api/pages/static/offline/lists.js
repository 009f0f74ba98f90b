// SPDX-License-Identifier: Apache-2.0
// The two signed lists: is this text the trust list (yinxin-trust-list/2) or the document status list
// (yinxin-document-status/1), whole, signed as the rule demands, and not older than one that was seen?
// The rule: two different keys at least, one SM2 and one of another family, each leading to an anchor; for every
// family among the anchors that were known before, some signer must lead to one of those.

import { concat, fromBase64, toHex } from "../bytes.js";
import { sha256, verifyDefault } from "./keys.js";
import { openStatus } from "./standing.js";
import { anchorOf, parseCertificate, parseCrl } from "./x509.js";

export const TRUST = { format: "yinxin-trust-list/2", context: "yinxin/trust-list/v2\n", path: "trust-list.json" };
export const STATUS = {
  format: "yinxin-document-status/1", context: "yinxin/document-status/v1\n", path: "document-status.json",
};

/** A list that must not be believed; `code` says why. */
export class ListRefused extends Error {
  constructor(code, rule) {
    super(rule);
    this.code = code;
  }
}

/** JSON in its one spelling (RFC 8785); whole numbers only. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new ListRefused("LIST_MALFORMED", "whole numbers");
  return JSON.stringify(value);
}

/**
 * The body of the trust list in `text`; throws ListRefused.  `known`: {sequence, issued, anchors} of what was seen
 * before (anchors: base64 of DER), or null on the first visit.
 */
export async function openTrustList(text, known, at) {
  const { list, signatures } = opened(text, TRUST);
  const own = material(list.anchors, list);
  const within = inside(at, list.issued, list.expires);
  await requireSigners(signatures, message(TRUST, list), own, within);
  if (known?.anchors?.length) await requireKnown(signatures, list, known.anchors, within);
  requireNewer(list, known);
  return list;
}

/** The body of the document status list in `text`, judged from the anchors of an opened trust list. */
export async function openStatusList(text, trust, known, at) {
  const { list, signatures } = opened(text, STATUS);
  const from = material(trust.anchors, trust);
  const within = inside(at, list.issued, list.next_update);
  await requireSigners(signatures, message(STATUS, list), from, within);
  await requireKnown(signatures, trust, trust.anchors, within);
  requireNewer(list, known);
  if (list.publisher !== trust.publisher) throw new ListRefused("LIST_PUBLISHER", "another publisher");
  try {
    await openStatus(list);
  } catch (error) {
    throw new ListRefused("LIST_MALFORMED", String(error.message));
  }
  return list;
}

/** SHA-256 of each anchor with its name: what a careful person compares with a printed one. */
export async function fingerprints(list) {
  const one = async (text) => ({ name: parseCertificate(fromBase64(text)).name, sha256: toHex(await sha256(fromBase64(text))) });
  return Promise.all(list.anchors.map(one));
}

function opened(text, { format }) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ListRefused("LIST_MALFORMED", "not JSON");
  }
  if (value?.format !== format) throw new ListRefused("LIST_MALFORMED", `the format is not ${format}`);
  if (canonical(value) !== text) throw new ListRefused("LIST_MALFORMED", "not in its one spelling");
  try {
    const signatures = value.signatures.map(({ certificate, signature }) => ({
      certificate: parseCertificate(fromBase64(certificate)), signature: fromBase64(signature),
    }));
    requireTimes(value.list);
    return { list: value.list, signatures };
  } catch (error) {
    if (error instanceof ListRefused) throw error;
    throw new ListRefused("LIST_MALFORMED", String(error.message));
  }
}

/** Times of the calendar, in their order: what is no time compares false with everything, and would never be over. */
export function requireTimes(list) {
  const { issued, next_update: due } = list;
  const times = [issued, due, ...("expires" in list ? [list.expires] : [])];
  const good = times.every((one) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(one) && !Number.isNaN(Date.parse(one)));
  if (!good || issued >= due || times.at(-1) < due) throw new ListRefused("LIST_MALFORMED", "issued, next_update, expires");
}

function material(anchors, list) {
  try {
    return {
      anchors: anchors.map((one) => parseCertificate(fromBase64(one))),
      intermediates: readable(list.intermediates, parseCertificate),
      crls: readable(list.crls, parseCrl),
    };
  } catch (error) {
    throw new ListRefused("LIST_MALFORMED", String(error.message));
  }
}

/** Those of a kind that this page knows: others only cannot help. */
function readable(texts, parse) {
  return texts.flatMap((text) => {
    try {
      return [parse(fromBase64(text))];
    } catch {
      return [];
    }
  });
}

async function requireSigners(signatures, signed, from, at) {
  const kinds = new Map();
  for (const { certificate, signature } of signatures) {
    if (!(await verifyDefault(certificate.key, signature, signed))) throw new ListRefused("LIST_FORGED", "a signature is false");
    if (!(await anchorOf(certificate, from, at))) throw new ListRefused("LIST_NOT_ANCHORED", "a signer leads to no anchor");
    kinds.set(toHex(certificate.key.spki), certificate.key.kind === "SM2");
  }
  const families = new Set(kinds.values());
  if (kinds.size < 2 || families.size < 2) throw new ListRefused("LIST_SIGNERS_TOO_FEW", "two signers of two families");
}

/** Who breaks one algorithm must not be able to leave the other signature out. */
async function requireKnown(signatures, list, anchors, at) {
  const known = material(anchors, list);
  const families = new Set(known.anchors.map(({ key }) => family(key)));
  for (const { certificate } of signatures) {
    const anchor = await anchorOf(certificate, known, at);
    if (anchor) families.delete(family(anchor.key));
  }
  if (families.size) throw new ListRefused("LIST_NOT_ANCHORED", `no signer leads to a known anchor (${[...families]})`);
}

const family = ({ kind }) => (kind.startsWith("P-") ? "ECDSA" : kind);

function requireNewer(list, known) {
  if (known && (list.sequence < known.sequence || list.issued < known.issued)) {
    throw new ListRefused("LIST_ROLLBACK", `sequence ${list.sequence}, but ${known.sequence} was seen`);
  }
}

const message = ({ context }, list) => {
  const encoder = new TextEncoder();
  return concat(encoder.encode(context), encoder.encode(canonical(list)));
};

/** Signers are judged within the list's own time: an old list goes on to tell the past, and its age is shown. */
const inside = (at, issued, end) => new Date(Math.min(Math.max(new Date(at), new Date(issued)), new Date(end)));
