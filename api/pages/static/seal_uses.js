// SPDX-License-Identifier: Apache-2.0
// Looks every few seconds whether a seal was used; the page itself is fetched again only then.

const EVERY = 5000;
let section = document.getElementById("uses");

async function look() {
  const answer = await fetch("/api/v1/seal-uses", { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { uses } = await answer.json();
  if ((uses[0]?.use_id ?? "") === section.dataset.newest) return;
  const page = await fetch("/seals", { credentials: "same-origin", headers: { Accept: "text/html" } });
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("uses");
  if (!fresh) return;
  section.replaceWith(fresh);
  section = fresh;
}

if (section) {
  setInterval(() => {
    if (!document.hidden) look().catch(() => {}); // offline for a moment: the next look tells
  }, EVERY);
}
