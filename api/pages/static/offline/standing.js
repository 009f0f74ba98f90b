// SPDX-License-Identifier: Apache-2.0
// How a document stands, from the body of a document status list (yinxin-document-status/1): four bits for each
// entry of the log, and since when and why for each that is not normal.

import { fromBase64 } from "../bytes.js";
import { inflate } from "./inflating.js";

export const STATES = [
  null, "normal", "correcting", "disputed", "suspended", "revoked", "superseded", "withheld", "lapsed", "cancelled",
  "transferred", "forfeited", null, null, null, "other",
];
const IN_FORCE = ["normal", "correcting", "disputed"];
const MOST_BYTES = 64 * 1024 * 1024;
const opened = new WeakMap();

/** The list with its arrays unpacked; unpacked once for each list. */
export async function openStatus(list) {
  if (!opened.has(list)) {
    const states = await inflate(fromBase64(list.states), "gzip", MOST_BYTES);
    const changes = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await inflate(fromBase64(list.changes), "gzip", MOST_BYTES)));
    if (states.length !== Math.ceil(list.size / 2)) throw new Error("document status list: size and states differ");
    const byIndex = new Map(changes.map(([index, at, reason, successor]) => [index, { at, reason, successor }]));
    opened.set(list, { issued: list.issued, next_update: list.next_update, log: list.log, size: list.size, states, changes: byIndex });
  }
  return opened.get(list);
}

/** {facts, findings} for a statement; `day` is the China day of the list's issue, as a number. */
export function standingOf(statement, host, list, day, now) {
  if (!list || list.log.split("/", 1)[0] !== host || statement.logIndex === null) {
    return { facts: { document_status: "unknown" }, findings: [] };
  }
  const facts = { document_status: "unknown", document_status_as_of: list.issued };
  const stale = now > new Date(list.next_update) ? [[null, null, "DOCUMENT_STATUS_STALE"]] : [];
  const state = stateAt(list, statement.logIndex);
  if (state === null) {
    const missing = statement.issued < day - 1 ? [["INDETERMINATE", "NO_POE", "DOCUMENT_NOT_REGISTERED"]] : [];
    return { facts, findings: [...missing, ...stale] };
  }
  facts.document_status = state;
  if (state === "normal") return { facts, findings: stale };
  const { at, reason, successor } = list.changes.get(statement.logIndex);
  Object.assign(facts, { document_status_since: at, document_status_reason: reason, document_successor: successor });
  const [indication, sub] = IN_FORCE.includes(state) ? [null, null] : ["INDETERMINATE", "DOCUMENT_NOT_IN_FORCE"];
  return { facts, findings: [[indication, sub, `DOCUMENT_${state.toUpperCase()}`], ...stale] };
}

function stateAt({ size, states }, index) {
  if (index >= size) return null;
  const pair = states[index >> 1];
  return STATES[index & 1 ? pair & 15 : pair >> 4];
}
