// SPDX-License-Identifier: Apache-2.0
// Many files, one confirmation: the service prepares them, this page shows the list that names each, and the
// key signs the list and every file here.  What is signed is compared with the list before.

import { fromBase64, toBase64 } from "./bytes.js";
import { call, clear, openChosenKey, post, show } from "./problems.js";

const form = document.getElementById("own-batch");
const box = document.getElementById("problem");
const progress = document.getElementById("progress");
const review = document.getElementById("review");
const confirmed = document.getElementById("confirm");
const AT_ONCE = 20; // files in one request
const SHOWN = 200;
let waiting = null;

async function prepare(key) {
  const title = form.elements.title.value.trim();
  const order = { title, certificate: key.certificate, idempotency_key: crypto.randomUUID() };
  const batch = await post("/api/v1/own-batches", order);
  const files = [...document.getElementById("files").files];
  let bad = 0;
  for (let at = 0; at < files.length; at += AT_ONCE) {
    progress.textContent = `正在上传并核对 ${at}/${files.length}… Sending…`;
    const body = new FormData();
    for (const file of files.slice(at, at + AT_ONCE)) body.append("files", file);
    bad += (await call(`/api/v1/own-batches/${batch.batch_id}/files`, { method: "POST", body })).bad;
  }
  return { key, bad, list: await call(`/api/v1/own-batches/${batch.batch_id}/list`) };
}

async function hex256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
}

// The list and the files to be signed say the same, or nothing is signed.
async function compare(list) {
  const said = JSON.parse(new TextDecoder().decode(fromBase64(list.list)));
  if (said.format !== "yinxin-batch-list/1" || said.items.length !== list.items.length) throw new Error("list");
  for (const [at, item] of list.items.entries()) {
    const told = said.items[at];
    const bytes = fromBase64(item.to_be_signed);
    const same = told.number === item.number && told.name === item.name && told.digest === item.digest;
    if (!same || bytes[0] !== 0x31 || told.to_be_signed_sha256 !== (await hex256(bytes))) throw new Error("list");
  }
  return said;
}

function display(said, bad) {
  document.getElementById("count").textContent = `${said.title}:共 ${said.count} 个文件 files`;
  const rows = said.items.slice(0, SHOWN).map((one) => {
    const row = document.createElement("li");
    row.textContent = `${one.name} · ${one.digest.slice(0, 16)}…`;
    return row;
  });
  document.getElementById("list").replaceChildren(...rows);
  const words = bad ? `${bad} 个文件不能签章,已排除;可在批次页查看原因。 ${bad} files cannot be sealed and are left out.` : "";
  document.getElementById("bad").textContent = words;
  review.hidden = false;
  confirmed.hidden = said.count === 0;
}

async function guarded(button, act) {
  clear(box);
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    show(box, error);
  } finally {
    progress.textContent = "";
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(document.getElementById("prepare"), async () => {
    progress.textContent = "正在打开密钥… Opening the key…";
    waiting = await prepare(await openChosenKey());
    display(await compare(waiting.list), waiting.bad);
    review.scrollIntoView();
  });
});

confirmed.addEventListener("click", () => {
  guarded(confirmed, async () => {
    const { key, list } = waiting;
    const signatures = [];
    for (const [at, item] of list.items.entries()) {
      if (at % 10 === 0) progress.textContent = `正在签章 ${at}/${list.items.length}… Sealing…`;
      signatures.push({ number: item.number, signature: toBase64(await key.sign(fromBase64(item.to_be_signed))) });
    }
    const list_signature = toBase64(await key.sign(fromBase64(list.list)));
    progress.textContent = "正在提交… Submitting…";
    await post(`/api/v1/own-batches/${list.batch_id}/signatures`, { list_signature, signatures });
    location.assign(`/applicant/batches/${list.batch_id}`);
  });
});
