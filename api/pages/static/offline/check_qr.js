// SPDX-License-Identifier: Apache-2.0
// The verdict on the text of a QR code, by the rules of verify/qr/check.py and with its codes.  A signature alone
// is never enough: the key must be allowed for this kind of document, on that day, for this host.

import { fromBase64 } from "../bytes.js";
import { Unable, parseKey, verifyRaw } from "./keys.js";
import { checkLogProof } from "./log_proof.js";
import { openStatus, standingOf } from "./standing.js";
import { QrMalformed, QrNotOurs, isoDay, parseQr, printedId } from "./statement.js";

const KINDS = { SM2: "SM2", ES256: "P-256" };
const SLACK = 5 * 60_000;
const [PASSED, FAILED, UNSURE] = ["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"];

/** The day in China, counted from 1970-01-01. */
export const dayOf = (moment) => Math.floor((new Date(moment).getTime() + 8 * 3_600_000) / 86_400_000);

/**
 * Never throws for any text.  `trust` is the body of a trust list (hosts, next_update, expires, qr_keys …), `at` a Date
 * or an ISO time; `host` the only one that the caller accepts, `status` the body of a document status list, `proof` the
 * text of the log proof of the entry that announced the document, for statements whose key was revoked later.
 * Returns {indication, sub_indication, codes, facts}.
 */
export async function checkQr(text, trust, at, { host = null, status = null, proof = null } = {}) {
  let signed;
  try {
    signed = parseQr(text);
  } catch (error) {
    if (error instanceof QrNotOurs) return verdict(UNSURE, "SIGNED_DATA_NOT_FOUND", ["QR_NOT_SIGNED"]);
    if (error instanceof QrMalformed) return verdict(FAILED, "FORMAT_FAILURE", ["QR_MALFORMED"], { field: error.field });
    throw error;
  }
  const facts = factsOf(signed);
  let keys;
  try {
    keys = await signers(signed, trust);
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    return verdict(UNSURE, "CRYPTO_CONSTRAINTS_FAILURE", ["QR_CANNOT_BE_CHECKED_HERE"], facts);
  }
  // A false signature says more than an unknown key.
  if (keys.includes(false)) return verdict(FAILED, "SIG_CRYPTO_FAILURE", ["QR_SIGNATURE_INVALID"], facts);
  if (keys.includes(null)) return verdict(UNSURE, "NO_SIGNING_CERTIFICATE_FOUND", ["QR_KEY_UNKNOWN"], facts);
  return judged(signed, keys, facts, trust, { at: new Date(at), host, status, proof });
}

/** For each signature the key that made it; null: no such key is listed; false: no listed key made it. */
async function signers({ signatures, message }, trust) {
  const found = [];
  for (const { algorithm, kid, raw } of signatures) {
    const named = trust.qr_keys.filter((key) => key.kid === kid);
    let signer = named.length ? false : null;
    for (const key of named) {
      if (signer || key.algorithm !== algorithm) continue;
      const opened = parseKey(fromBase64(key.spki));
      if (opened.kind === KINDS[algorithm] && (await verifyRaw(opened, raw, message))) signer = key;
    }
    found.push(signer);
  }
  return found;
}

async function judged(signed, keys, facts, trust, { at, host, status: given, proof }) {
  const { statement } = signed;
  const status = given ? await openStatus(given) : null;
  // Never before what was signed: a clock set back revives nothing.
  const now = new Date(Math.max(at, ...[trust.issued, status?.issued].filter(Boolean).map((one) => new Date(one))));
  const standing = standingOf(statement, signed.host, status, status && dayOf(status.issued), now);
  Object.assign(facts, { authority: keys[0].authority }, standing.facts);
  const logged = keys.some((key) => key.revoked_at) ? await loggedAt(statement, proof, trust, at) : null;
  const found = [...findings(signed, keys, trust, { at, now, logged }, host), ...standing.findings];
  const noted = found.filter(([indication]) => indication === null);
  const failed = found.filter(([indication]) => indication === FAILED);
  const against = [...failed, ...found.filter(([indication]) => indication === UNSURE)];
  const codes = [...against, ...noted].map(([, , code]) => code);
  if (!against.length) return verdict(PASSED, null, ["QR_GENUINE", ...codes], facts);
  return verdict(against[0][0], against[0][1], codes, facts);
}

/** What the trust list and time say of a statement whose signatures verify: [indication, sub-indication, code]. */
function* findings({ host: stated, statement, signatures }, keys, trust, { at, now, logged }, host) {
  const limit = (code) => [UNSURE, "SIG_CONSTRAINTS_FAILURE", code];
  if (!trust.hosts.includes(stated) || (host !== null && stated !== host.toLowerCase())) yield limit("QR_HOST");
  // The key of another body does not make up for one that is broken.
  if (keys.some((key) => key.authority !== keys[0].authority)) yield limit("QR_KEY_AUTHORITY");
  for (const key of keys) {
    if (!key.kinds.includes(statement.kind)) yield limit("QR_KEY_SCOPE");
    if (statement.facts && key.authorities && !key.authorities.includes(statement.facts.authority)) {
      yield limit("QR_KEY_AUTHORITY");
    }
    if (statement.issued < dayOf(key.sign_from) || dayOf(key.sign_until) < statement.issued) yield limit("QR_KEY_PERIOD");
    if (signatures.length === 1 && key.dual_from && statement.issued >= dayOf(key.dual_from)) yield limit("QR_DUAL_REQUIRED");
    if (key.revoked_at && logged !== null && logged < new Date(key.revoked_at)) {
      yield [null, null, "QR_LOGGED_BEFORE_REVOCATION"];
    } else if (key.revoked_at) {
      const before = statement.issued < dayOf(key.revoked_at);
      yield [before ? UNSURE : FAILED, before ? "REVOKED_NO_POE" : "REVOKED", "QR_KEY_REVOKED"];
    }
  }
  if (statement.issued > dayOf(now)) yield [FAILED, "NOT_YET_VALID", "QR_FROM_FUTURE"];
  if (statement.validUntil !== null && statement.validUntil < dayOf(now)) yield [FAILED, "EXPIRED", "QR_EXPIRED"];
  const ends = trust.expires ?? trust.next_update;
  if (ends && at > new Date(ends)) yield [UNSURE, "TRY_LATER", "TRUST_LIST_EXPIRED"];
  else if (trust.next_update && at > new Date(trust.next_update)) yield [null, null, "TRUST_LIST_STALE"];
  if (now - at > SLACK) yield [null, null, "CLOCK_BEHIND"];
}

/** When the log announced this document, if the proof passes and is about it: same place, same id, same record. */
async function loggedAt(statement, proof, trust, at) {
  if (proof === null || statement.logIndex === null) return null;
  const { indication, facts } = await checkLogProof(proof, trust, at);
  const { entry } = facts;
  if (indication !== PASSED || facts.index !== statement.logIndex || entry?.kind !== "intent.opened") return null;
  const told = entry.body?.act === "document.issue" ? entry.body.facts : null;
  const same = told?.document_id === statement.id && String(told?.record_sha256).startsWith(statement.digest);
  const moment = new Date(entry.at);
  return same && !Number.isNaN(moment.getTime()) ? moment : null;
}

function verdict(indication, sub, codes, facts = {}) {
  return { indication, sub_indication: sub, codes, facts };
}

function factsOf({ host, statement, signatures }) {
  return {
    host,
    document_id: statement.id,
    document_id_printed: printedId(statement.id),
    document_kind: statement.kind,
    record_digest: statement.digest,
    issued: isoDay(statement.issued),
    valid_until: statement.validUntil === null ? null : isoDay(statement.validUntil),
    log_index: statement.logIndex,
    algorithm: signatures.length === 2 ? "DUAL" : signatures[0].algorithm,
    key_id: signatures.map((one) => one.kid).join(""),
    stated: statement.facts,
  };
}
