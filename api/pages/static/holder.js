// SPDX-License-Identifier: Apache-2.0
// Puts a certificate that was issued into the key file on the person's device.

import { save, withCertificates } from "./keymaking.js";
import { clear, show } from "./problems.js";

const form = document.getElementById("merge");
const box = document.getElementById("problem");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear(box);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(`/holder/certificates/${document.getElementById("which").value}?format=pem`);
    if (!answer.ok) throw Object.assign(new Error(), { zh: "证书没有取到,请刷新后重试。", en: "The certificate was not fetched: reload." });
    const found = [...(await answer.text()).matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g)];
    const certificates = found.map(([, body]) => body.replace(/\s+/g, ""));
    const [file] = document.getElementById("old-keyfile").files;
    const merged = await withCertificates(await file.text(), certificates, document.getElementById("old-passphrase").value);
    save("yinxin-certificate-key.pem", merged);
  } catch (error) {
    show(box, error);
  } finally {
    button.disabled = false;
  }
});
