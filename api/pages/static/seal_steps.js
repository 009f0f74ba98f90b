// SPDX-License-Identifier: Apache-2.0
// A step of a seal's life under one's own signature, when a key file was chosen; otherwise the form is sent.

import { fromBase64, toBase64 } from "./bytes.js";
import { clear, openChosenKey, post, show } from "./problems.js";

const PREFIX = "yinxin/seal-step/v1\n";
const box = document.getElementById("problem");
const progress = document.getElementById("progress");
const keyfile = document.getElementById("keyfile");
// Only the form that is sent without a key needs nothing here.
keyfile.required = false;

function wanted(form) {
  const value = (name) => form.elements[name]?.value.trim() ?? "";
  return { step: form.dataset.step, reason: value("reason"), note: value("note") };
}

for (const form of document.querySelectorAll("form[data-step]")) {
  form.addEventListener("submit", async (event) => {
    if (!keyfile.files.length || (form.dataset.step === "change" && form.elements.reason.value === "image")) return;
    event.preventDefault();
    clear(box);
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      progress.textContent = "正在打开密钥… Opening the key…";
      const key = await openChosenKey();
      progress.textContent = "正在准备并签名… Preparing and signing…";
      const prepared = await post("/api/v1/seal-steps/prepare", { seal_id: form.dataset.seal, step: wanted(form) });
      const bytes = fromBase64(prepared.to_be_signed);
      const text = new TextDecoder().decode(bytes);
      // This key also logs in and seals: sign nothing here but this step of this seal.
      const said = text.startsWith(PREFIX) ? JSON.parse(text.slice(PREFIX.length)) : {};
      if (said.step !== form.dataset.step || said.seal_id !== form.dataset.seal) {
        throw Object.assign(new Error(), { zh: "服务给出的内容与所办事项不符,已停止签名。", en: "Not the step that was asked for; nothing was signed." });
      }
      const signature = toBase64(await key.sign(bytes));
      await post("/api/v1/seal-steps", { to_be_signed: prepared.to_be_signed, certificate: key.certificate, signature });
      location.reload();
    } catch (error) {
      show(box, error);
    } finally {
      progress.textContent = "";
      button.disabled = false;
    }
  });
}
