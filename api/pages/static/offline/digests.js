// SPDX-License-Identifier: Apache-2.0
// Digests of a file that stays on this device, and what they are compared with.

import { toHex } from "../bytes.js";
import { sm3 } from "../sm3.js";
import { inflate } from "./inflating.js";
import { sha256 } from "./keys.js";

const MOST_BYTES = 200 * 1024 * 1024;

/** {name, sha256, sm3} in hexadecimal. */
export async function digestsOf(file) {
  if (file.size > MOST_BYTES) throw new Error("文件超过 200 MB。");
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, sha256: toHex(await sha256(bytes)), sm3: toHex(sm3(bytes)), bytes };
}

/** Which of the digests somebody typed or pasted is the file's?  Hexadecimal, any case, spaces allowed. */
export function matches(found, typed) {
  const digits = typed.toLowerCase().replace(/[^0-9a-f]/g, "");
  return digits.length === 64 && [found.sha256, found.sm3].includes(digits);
}

/** Is this file the record that a statement signs?  Its SHA-256, whole or the first 16 bytes. */
export const isRecord = (found, digest) => Boolean(digest) && found.sha256.startsWith(digest);

/** Does this PDF carry the record that a statement signs?  Looks into its streams, without judging anything else. */
export async function carriesRecord(bytes, digest) {
  for (const stream of streamsOf(bytes)) {
    const plain = await inflate(stream, "deflate", LARGEST_RECORD).catch(() => null);
    for (const candidate of plain ? [stream, plain] : [stream]) {
      if (toHex(await sha256(candidate)).startsWith(digest)) return true;
    }
  }
  return false;
}

const MOST_STREAMS = 2000;
const LARGEST_RECORD = 8 * 1024 * 1024;

function* streamsOf(bytes) {
  const [start, end] = [encode("stream"), encode("endstream")];
  let from = 0;
  for (let count = 0; count < MOST_STREAMS; count += 1) {
    const at = indexOf(bytes, start, from);
    if (at < 0) return;
    let begin = at + start.length;
    if (bytes[begin] === 13) begin += 1;
    if (bytes[begin] === 10) begin += 1;
    const stop = indexOf(bytes, end, begin);
    if (stop < 0) return;
    yield bytes.subarray(begin, stop);
    // The line end before "endstream" is not part of the data, but a writer may leave it out.
    if (bytes[stop - 1] === 10) yield bytes.subarray(begin, bytes[stop - 2] === 13 ? stop - 2 : stop - 1);
    from = stop + end.length;
  }
}

const encode = (text) => new TextEncoder().encode(text);

function indexOf(bytes, pattern, from) {
  for (let at = bytes.indexOf(pattern[0], from); at >= 0; at = bytes.indexOf(pattern[0], at + 1)) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
