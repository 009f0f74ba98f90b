// SPDX-License-Identifier: Apache-2.0
// Keeps the files of this page, so that it opens without a network.  The lists are not kept here: the page keeps
// those that it verified.  FILES and VERSION are filled in when the folder is put together.

const VERSION = "yinxin-offline-/*VERSION*/";
const FILES = [/*FILES*/];

self.addEventListener("install", (event) => {
  const fill = async () => (await caches.open(VERSION)).addAll(FILES.map((name) => new Request(name, { cache: "reload" })));
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("yinxin-offline-") && name !== VERSION);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(drop());
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !event.request.url.startsWith(self.registration.scope)) return;
  const answer = async () => {
    const found = await (await caches.open(VERSION)).match(event.request, { ignoreSearch: true });
    return found ?? fetch(event.request);
  };
  event.respondWith(answer());
});
