// SPDX-License-Identifier: Apache-2.0
// Certificate login: sign the service's challenge with a key that was opened in this page.

import { fromBase64, toBase64 } from "./bytes.js";
import { clear, openChosenKey, post, show } from "./problems.js";

const form = document.getElementById("login");
const box = document.getElementById("problem");
const progress = document.getElementById("progress");
const PREFIX = "yinxin/login/v1\n";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear(box);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    progress.textContent = "正在打开密钥… Opening the key…";
    const key = await openChosenKey();
    progress.textContent = "正在签名… Signing…";
    const challenge = await post("/api/v1/login/challenges", {});
    const bytes = fromBase64(challenge.to_be_signed);
    const text = new TextDecoder().decode(bytes);
    // This key also seals documents: sign nothing here that is not a login of this very site.
    if (!text.startsWith(PREFIX) || JSON.parse(text.slice(PREFIX.length)).origin !== location.origin) {
      throw Object.assign(new Error(), { zh: "服务给出的登录内容与本站不符,已停止签名。", en: "The challenge is not for this site; nothing was signed." });
    }
    const body = { challenge_id: challenge.challenge_id, certificate: key.certificate, signature: toBase64(await key.sign(bytes)) };
    const actFor = document.getElementById("act_for").value.trim().toUpperCase();
    if (actFor) body.act_for = actFor;
    await post("/api/v1/login", body);
    location.assign(form.dataset.next);
  } catch (error) {
    show(box, error);
  } finally {
    progress.textContent = "";
    button.disabled = false;
  }
});
