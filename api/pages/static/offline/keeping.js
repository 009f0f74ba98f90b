// SPDX-License-Identifier: Apache-2.0
// The two signed lists as this device keeps them, with what was seen of each: never an older one than that.

import { ListRefused, STATUS, TRUST, openStatusList, openTrustList } from "./lists.js";

const STORE = "lists";

function database() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("yinxin-offline", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, act) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const work = opened.transaction(STORE, mode);
      const asked = act(work.objectStore(STORE));
      work.oncomplete = () => resolve(asked.result);
      work.onerror = () => reject(work.error);
      work.onabort = () => reject(work.error);
    });
  } finally {
    opened.close();
  }
}

// A private window may refuse to keep anything: then the lists live as long as the page.
const memory = new Map();

async function get(key) {
  return memory.get(key) ?? within("readonly", (store) => store.get(key)).catch(() => undefined);
}

async function put(key, value) {
  memory.set(key, value);
  await within("readwrite", (store) => store.put(value, key)).catch(() => undefined);
}

/** The lists on this device: {trust, status, fetched}; null for what is not there. */
export async function kept(at = new Date()) {
  const [trust, status] = [await get(TRUST.path), await get(STATUS.path)];
  if (!trust) return { trust: null, status: null, fetched: null };
  const list = await openTrustList(trust.text, trust.seen, at);
  const states = status ? await openStatusList(status.text, list, status.seen, at) : null;
  return { trust: list, status: states, fetched: trust.fetched };
}

/** Take a list in: from the network or from a file.  Throws ListRefused; an older one changes nothing. */
export async function take(text, at = new Date()) {
  const before = await get(TRUST.path);
  const isStatus = text.startsWith(`{"format":"${STATUS.format}"`);
  if (isStatus) {
    if (!before) throw new ListRefused("LIST_ORDER", "the trust list must be there first");
    const trust = await openTrustList(before.text, before.seen, at);
    const list = await openStatusList(text, trust, (await get(STATUS.path))?.seen ?? null, at);
    await put(STATUS.path, { text, fetched: at.toISOString(), seen: { sequence: list.sequence, issued: list.issued } });
    return;
  }
  const list = await openTrustList(text, before?.seen ?? null, at);
  const seen = { sequence: list.sequence, issued: list.issued, anchors: list.anchors };
  await put(TRUST.path, { text, fetched: at.toISOString(), seen });
}

/** Fetch both lists from beside this folder; returns what went wrong, as codes. */
export async function refresh(base, at = new Date()) {
  const wrong = [];
  for (const { path } of [TRUST, STATUS]) {
    let answer;
    try {
      answer = await fetch(new URL(path, base), { cache: "no-cache", credentials: "omit" });
    } catch {
      wrong.push("LIST_UNREACHABLE");
      break;
    }
    if (!answer.ok) {
      if (path === TRUST.path) wrong.push("LIST_UNREACHABLE");
      continue;
    }
    try {
      await take(await answer.text(), at);
    } catch (error) {
      if (!(error instanceof ListRefused)) throw error;
      wrong.push(error.code);
    }
  }
  return wrong;
}
