// SPDX-License-Identifier: Apache-2.0
// Is one entry in the public log?  A log proof file (yinxin-log-proof/1 and /2) checked as verify/ledger does: both
// trees, both signatures of the log, and as many witnesses as the trust list asks for.

import { concat, toHex } from "../bytes.js";
import { sm3 } from "../sm3.js";
import { Unable, sha256 } from "./keys.js";
import { canonical } from "./lists.js";
import { NoteForged, NoteMalformed, agreeingWitnesses, parseCheckpoint, parseNote, strictBase64, verifiedBy } from "./notes.js";

const TLOG = "c2sp.org/tlog-proof@v1";
const LONGEST = 64;
const [PASSED, FAILED, UNSURE] = ["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"];

/** Never throws for any text; as checkQr, {indication, sub_indication, codes, facts}. */
export async function checkLogProof(text, trust, at) {
  const answer = (indication, sub, code, facts = {}) => ({ indication, sub_indication: sub, codes: [code], facts });
  let [proof, note, checkpoint] = [];
  try {
    proof = parseProof(text);
    note = parseNote(proof.checkpoint);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    return answer(FAILED, "FORMAT_FAILURE", "LOG_PROOF_MALFORMED", { rule: String(error.message) });
  }
  const facts = { origin: checkpoint.origin, index: Number(proof.index), size: Number(checkpoint.size), entry: entryOf(proof.entry) };
  try {
    if (!(await included(proof, checkpoint))) return answer(FAILED, "HASH_FAILURE", "NOT_IN_LOG", facts);
    const listed = trust.log_keys.filter((key) => key.name === checkpoint.origin);
    const signed = await verifiedBy(note, listed);
    const witnesses = await agreeingWitnesses(note, trust.witnesses, new Date(at));
    if (!signed.length) return answer(UNSURE, "NO_SIGNING_CERTIFICATE_FOUND", "LOG_KEY_UNKNOWN", facts);
    if (listed.some((key) => !signed.some((one) => one.algorithm === key.algorithm))) {
      return answer(UNSURE, "SIG_CONSTRAINTS_FAILURE", "CHECKPOINT_SIGNATURE_MISSING", facts);
    }
    facts.witnesses = witnesses;
    if (witnesses.length < trust.quorum) return answer(UNSURE, "TRY_LATER", "WITNESS_QUORUM_MISSING", facts);
  } catch (error) {
    if (error instanceof NoteForged) return answer(FAILED, "SIG_CRYPTO_FAILURE", "CHECKPOINT_FORGED", facts);
    if (error instanceof Unable) return answer(UNSURE, "CRYPTO_CONSTRAINTS_FAILURE", "LOG_CANNOT_BE_CHECKED_HERE", facts);
    throw error;
  }
  if (new Date(at) > new Date(trust.expires)) return answer(UNSURE, "TRY_LATER", "TRUST_LIST_STALE", facts);
  return answer(PASSED, null, "IN_LOG", facts);
}

function parseProof(text) {
  const value = JSON.parse(text);
  const names = Object.keys(value).sort().join();
  if (canonical(value) !== text) throw new NoteMalformed("not in its one spelling");
  const path = (list) => {
    if (!Array.isArray(list) || list.length > LONGEST) throw new NoteMalformed("a path");
    return list.map((one) => strictBase64(one));
  };
  if (value.format === "yinxin-log-proof/2" && names === "entry,format,sm3_proof,tlog_proof") {
    const [head, ...rest] = value.tlog_proof.split("\n\n");
    const [kind, index, ...steps] = head.split("\n");
    const found = /^index (0|[1-9][0-9]{0,18})$/.exec(index ?? "");
    if (kind !== TLOG || !found || !rest.length) throw new NoteMalformed(TLOG);
    const checkpoint = rest.join("\n\n");
    return { index: BigInt(found[1]), entry: strictBase64(value.entry), path: path(steps), sm3Path: path(value.sm3_proof), checkpoint };
  }
  if (value.format !== "yinxin-log-proof/1" || names !== "checkpoint,entry,format,index,proof" || value.index < 0) {
    throw new NoteMalformed("a log proof");
  }
  return { index: BigInt(value.index), entry: strictBase64(value.entry), path: path(value.proof), sm3Path: null, checkpoint: value.checkpoint };
}

async function included({ index, entry, path, sm3Path }, { size, root, sm3Root }) {
  if (!(await leadsTo(entry, index, size, path, root, sha256))) return false;
  return sm3Path === null || (sm3Root !== null && leadsTo(entry, index, size, sm3Path, sm3Root, async (bytes) => sm3(bytes)));
}

/** RFC 9162 section 2.1.3.2. */
async function leadsTo(entry, index, size, path, root, hash) {
  if (index >= size) return false;
  const node = (left, right) => hash(concat(Uint8Array.of(1), left, right));
  let [position, last, reached] = [index, size - 1n, await hash(concat(Uint8Array.of(0), entry))];
  for (const step of path) {
    if (step.length !== 32 || last === 0n) return false;
    if (position & 1n || position === last) {
      reached = await node(step, reached);
      for (; !(position & 1n) && position; position >>= 1n) last >>= 1n;
    } else {
      reached = await node(reached, step);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n && toHex(reached) === toHex(root);
}

function entryOf(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
