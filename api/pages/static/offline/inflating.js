// SPDX-License-Identifier: Apache-2.0
// Packed bytes unpacked, up to a limit.

/** `form`: "gzip" or "deflate" (zlib).  Throws for anything else, and for more than `most` bytes. */
export async function inflate(bytes, form, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(form)).getReader();
  const parts = [];
  let size = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error(`more than ${most} bytes`);
    }
    parts.push(step.value);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
