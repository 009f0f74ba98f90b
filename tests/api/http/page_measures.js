// SPDX-License-Identifier: Apache-2.0
// What the browser tests measure in a page: an expression, evaluated inside it.
({
  /** Texts whose contrast is below 4.5:1 against what is behind them. */
  contrast() {
    const rgba = (text) => {
      const numbers = text.match(/[\d.]+/g).map(Number);
      return numbers.length < 4 ? [...numbers, 1] : numbers;
    };
    const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const behind = (node) => {
      for (let one = node; one; one = one.parentElement) {
        const colour = rgba(getComputedStyle(one).backgroundColor);
        if (colour[3] === 1) return colour;
      }
      return [255, 255, 255, 1];
    };
    const low = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode.parentElement;
      const text = walk.currentNode.textContent.trim();
      if (!text || !node.checkVisibility() || node.closest(".skip, .visually-hidden, noscript")) continue;
      const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) low.push([text.slice(0, 30), ratio]);
    }
    return low;
  },

  /** Things to touch that are smaller than 44 px either way. */
  small() {
    const found = [...document.querySelectorAll("a, button, input:not([type=hidden]), textarea, summary, label.button")];
    return found
      .filter((one) => one.checkVisibility() && !one.matches(".visually-hidden, .skip"))
      .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
      .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
      .map(([html, box]) => [html, box.width, box.height]);
  },

  /** The smallest type among the facts to compare, in px. */
  facts() {
    const sizes = [...document.querySelectorAll(".compare td")].map((one) => parseFloat(getComputedStyle(one).fontSize));
    return Math.min(...sizes);
  },

  /** SM3 and SM2 by the examples of the standards. */
  async standards(given) {
    const { sm3 } = await import("/offline/sm3.js");
    const sm2 = await import("/offline/sm2.js");
    const { fromHex, toHex, toInteger } = await import("/offline/bytes.js");
    const key = fromHex(`04${given.key.x}${given.key.y}`);
    const [message, r, s] = [given.signature.message, given.signature.r, given.signature.s].map(fromHex);
    const check = (m, one, other) => sm2.verify(key, m, one, other);
    return {
      digests: given.digests.map((one) => toHex(sm3(fromHex(one.message)))),
      e: toHex(sm2.messageDigest(key, message)),
      good: check(message, toInteger(r), toInteger(s)),
      bad: [
        check(message, toInteger(s), toInteger(r)),
        check(message, 0n, toInteger(s)),
        check(fromHex("00"), toInteger(r), toInteger(s)),
      ],
    };
  },

  /** The verdict of the page on each case. */
  async verdicts({ cases, trusts, lists }) {
    const { checkQr } = await import("/offline/app/check_qr.js");
    const out = [];
    for (const one of cases) {
      const options = { host: one.host ?? null, status: lists[one.document_status] ?? null };
      const { indication, sub_indication, codes } = await checkQr(one.text, trusts[one.trust], one.at, options);
      out.push({ indication, sub_indication, codes });
    }
    return out;
  },

  /** Make this device remember a later list than there is. */
  async remember(more) {
    const opened = await new Promise((done) => {
      const asked = indexedDB.open("yinxin-offline", 1);
      asked.onsuccess = () => done(asked.result);
    });
    await new Promise((done) => {
      const work = opened.transaction("lists", "readwrite");
      const store = work.objectStore("lists");
      const got = store.get("trust-list.json");
      got.onsuccess = () => {
        const kept = got.result;
        kept.seen.sequence += more;
        store.put(kept, "trust-list.json");
      };
      work.oncomplete = done;
    });
    opened.close();
  },
})
