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
const MARGIN = 1; // day: a document may be issued before midnight and go on record after it
const opened = new WeakMap();

/** The list with its arrays unpacked; unpacked once for each list.  Throws for one that contradicts itself. */
export async function openStatus(list) {
  if (!opened.has(list)) {
    const states = await inflate(fromBase64(list.states), "gzip", MOST_BYTES);
    const told = await inflate(fromBase64(list.changes), "gzip", MOST_BYTES);
    const changes = new Map(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(told)).map(readChange));
    requireWhole(list.size, states, changes);
    const { issued, next_update, log, size } = list;
    opened.set(list, { issued, next_update, log, size, states, changes });
  }
  return opened.get(list);
}

function readChange([index, at, reason, successor]) {
  if (!Number.isSafeInteger(index) || Number.isNaN(Date.parse(at))) throw new Error("document status list: changes");
  return [index, { at, reason, successor }];
}

/** Every state is known, and exactly those that are not normal have a change beside them. */
function requireWhole(size, states, changes) {
  const nibble = (place) => (place & 1 ? states[place >> 1] & 15 : states[place >> 1] >> 4);
  let good = states.length === Math.ceil(size / 2) && (size % 2 === 0 || nibble(size) === 0);
  let special = 0;
  for (let place = 0; good && place < size; place += 1) {
    const state = nibble(place);
    if (state < 2) continue; // nothing there, or normal
    special += 1;
    good = STATES[state] !== null && changes.has(place);
  }
  if (!good || special !== changes.size) throw new Error("document status list: states and changes differ");
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
