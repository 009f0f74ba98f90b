// SPDX-License-Identifier: Apache-2.0
// The live page with scripts: the clock moves, the statement in the code is checked here, a file is compared here.
// Without scripts the page is complete; nothing here changes the answer of the server.

import { china } from "./ages.js";
import { checkQr } from "./check_qr.js";
import { digestsOf } from "./digests.js";
import { kept, refresh } from "./keeping.js";
import { REASONS } from "./reasons.js";

const by = (id) => document.getElementById(id);

/** The moving time shows that this is no picture; it runs on from the server's own time. */
function runClock() {
  const clock = by("clock");
  const ahead = new Date(clock.dateTime) - Date.now();
  setInterval(() => {
    clock.textContent = china(new Date(Date.now() + ahead));
  }, 1000);
}

// The answer of the server says these already, in its own words.
const OUT_OF_DATE = ["QR_EXPIRED"];

/** What the code itself shows to be wrong stands beside the answer: the page is about the number, not about the paper. */
function warn(why) {
  const box = document.createElement("p");
  box.className = "error";
  box.id = "warning";
  box.setAttribute("role", "alert");
  box.textContent = `${why}:本页只按编号作答,这张纸上的码可能被改动或伪造。请勿采信这张纸,保留原件并向签发机关举报。(IR-22)`;
  document.querySelector(".live").before(box);
}

async function checkStatement(box) {
  const said = by("statement");
  if (location.hash.length < 10) {
    said.textContent = "本页由编号打开,码内签名没有带来;扫码打开时会在本机核验签名。";
    return;
  }
  said.textContent = "正在本机核验码内签名…";
  const wrong = await refresh(new URL("/", location.href));
  const { trust, status } = await kept();
  if (!trust) {
    said.textContent = `没有可信的列表,本机未核验码内签名(${wrong.join(" ")})。`;
    return;
  }
  const address = `${location.protocol}//${location.host}${location.pathname}${location.hash}`;
  const found = await checkQr(address, trust, new Date(), { host: location.host, status });
  const { document_id: id, record_digest: digest } = found.facts;
  const same = id === box.dataset.document && box.dataset.record.startsWith(digest ?? "-");
  const good = found.indication === "TOTAL-PASSED" && same;
  const words = found.codes.map((code) => `${REASONS[code]?.[0] ?? code}(${code})`).join("");
  said.className = good ? "" : "field-error";
  said.dataset.codes = found.codes.join(" ");
  if (found.indication === "TOTAL-FAILED" && !OUT_OF_DATE.includes(found.codes[0])) warn("这个二维码的签名不成立");
  else if (id && !same && found.facts.authority) warn("这个二维码签的不是本页登记的内容");
  said.textContent = `${good ? "✔" : "!"} 码内签名:${words}信任列表时间 ${china(trust.issued)}。`;
}

function compareFiles() {
  const digests = [...document.querySelectorAll("[data-digest]")];
  by("own")?.addEventListener("change", async (event) => {
    const answer = by("own-answer");
    try {
      const { sha256 } = await digestsOf(event.target.files[0]);
      const same = digests.find((one) => one.dataset.digest === sha256);
      answer.className = same ? "label" : "field-error";
      answer.textContent = same
        ? `✔ 与登记的 ${same.dataset.name} 文件完全一致。`
        : `× 与登记的文件不一致(SHA-256 ${sha256}):不是原文件,或被改动;扫描件、拍照和另存的文件都不会一致。`;
    } catch (error) {
      answer.textContent = error.message;
    }
  });
}

runClock();
by("answer").focus();
by("here").hidden = false;
compareFiles();
await checkStatement(by("here"));
document.documentElement.dataset.ready = "yes";
