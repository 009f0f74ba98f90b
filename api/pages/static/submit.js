// SPDX-License-Identifier: Apache-2.0
// Hash-and-return in the page: the service prepares, the key in this page signs, the service completes.

import { fromBase64, toBase64 } from "./bytes.js";
import { call, clear, openChosenKey, post, show } from "./problems.js";

const form = document.getElementById("submission");
const box = document.getElementById("problem");
const progress = document.getElementById("progress");
const attempt = crypto.randomUUID(); // the same attempt sent twice has one effect

function fieldValues() {
  const values = {};
  for (const input of form.querySelectorAll("[data-kind]")) {
    const value = input.value.trim();
    if (!value) continue;
    values[input.name] = input.dataset.kind === "integer" && /^-?\d+$/.test(value) ? Number(value) : value;
  }
  return values;
}

function prepare(key) {
  const body = new FormData();
  body.set("form", form.dataset.form);
  body.set("data", JSON.stringify(fieldValues()));
  body.set("certificate", key.certificate);
  body.set("idempotency_key", attempt);
  if (document.getElementById("proceed").checked) body.set("proceed", "yes");
  for (const input of form.querySelectorAll("[data-slot]")) {
    if (input.files[0]) body.set(input.dataset.slot, input.files[0]);
  }
  return call("/api/v1/submissions", { method: "POST", body });
}

/** The places are shown with the refusal; going on is a decision of its own, for these files alone. */
function offerToProceed() {
  document.getElementById("proceed-line").hidden = false;
}

for (const input of form.querySelectorAll("[data-slot]")) {
  input.addEventListener("change", () => {
    document.getElementById("proceed-line").hidden = true;
    document.getElementById("proceed").checked = false;
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear(box);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    progress.textContent = "正在打开密钥… Opening the key…";
    const key = await openChosenKey();
    progress.textContent = "正在检查并准备文件… Preparing…";
    const prepared = await prepare(key);
    const signatures = [];
    for (const [at, item] of (prepared.items ?? []).entries()) {
      progress.textContent = `正在签章 ${at + 1}/${prepared.items.length}:${item.name}`;
      const bytes = fromBase64(item.to_be_signed);
      if (bytes[0] !== 0x31) throw new Error("not the attributes of a seal");
      signatures.push({ item_id: item.item_id, signature: toBase64(await key.sign(bytes)) });
    }
    progress.textContent = "正在提交… Submitting…";
    await post(`/api/v1/submissions/${prepared.submission_id}/signatures`, { signatures });
    location.assign(`/applicant/submissions/${prepared.submission_id}`);
  } catch (error) {
    if (error.problem?.code === "attachments-doubtful") offerToProceed();
    show(box, error);
  } finally {
    progress.textContent = "";
    button.disabled = false;
  }
});
