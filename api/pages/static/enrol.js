// SPDX-License-Identifier: Apache-2.0
// Enrolment in the page: make a key, save it, send the request; later put the certificate into the key file.

import { fromBase64 } from "./bytes.js";
import { makeKey, pem, save, withCertificates } from "./keymaking.js";
import { clear, post, show } from "./problems.js";

const codeForm = document.getElementById("code-form"); // absent after login
const make = document.getElementById("make");
const merge = document.getElementById("merge");
const box = document.getElementById("problem");
const told = document.getElementById("told");
const progress = document.getElementById("progress");
const again = document.getElementById("again");
const bundle = document.getElementById("bundle");
const STATES = {
  waiting: "已提交,等待登记机构审批。审批后用同一注册码回到本页领取证书。 Waiting for approval; come back with the same code.",
  approved: "已批准,正在签发,请稍后再看。 Approved, being issued.",
  issued: "已签发,请领取证书。 Issued: fetch the certificate below.",
  refused: "未通过审批,可用同一注册码重新申请。 Refused; the same code serves for another application.",
  withdrawn: "已撤回,可用同一注册码重新申请。 Withdrawn; the same code serves for another application.",
};
let known = null; // what the code is for
let saved = null; // name and text of the key file, while this page is open
let attempt = null; // a request that was made here: sent again as it is when the answer got lost

function tell(...lines) {
  told.replaceChildren(...lines.filter(Boolean).map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  told.hidden = false;
}

async function working(form, act) {
  clear(box);
  const button = form.querySelector("button");
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

function refresh() {
  const { enrolment } = known;
  const state = enrolment?.state;
  tell(`${known.profile_name} · ${known.holder_name}`, state ? STATES[state] : "注册码有效,请生成密钥并提交。 The code is good: make your key.",
    enrolment?.reason ? `原因:${enrolment.reason}` : "");
  make.hidden = !(!state || state === "refused" || state === "withdrawn");
  merge.hidden = state !== "issued";
}

async function look() {
  known = await post("/api/v1/enrolments/collect", { code: codeForm.elements.code.value });
  refresh();
}

function holder() {
  if (codeForm) return { name: known.holder_name, uscc: known.organisation ? known.holder : "" };
  const { name, uscc } = make.querySelector("[name=target]:checked").dataset;
  return { name, uscc };
}

function send(request, family) {
  const more = { request, bundle: Boolean(bundle?.checked) && family === "SM2" };
  if (codeForm) return post("/api/v1/enrolments/by-code", { code: codeForm.elements.code.value, ...more });
  const { profile, holder: subject, name, account, bundle: paired } = make.querySelector("[name=target]:checked").dataset;
  const body = { profile, holder: subject, holder_name: name, ...more, bundle: more.bundle && paired === "1" };
  if (account) body.account_id = account;
  return post("/api/v1/enrolments", body);
}

async function apply() {
  const first = document.getElementById("new-passphrase").value;
  if (first !== document.getElementById("repeat").value) {
    throw Object.assign(new Error(), { zh: "两次输入的口令不一致。", en: "The two passphrases differ." });
  }
  if (!attempt) {
    const family = make.elements.family.value;
    progress.textContent = "正在生成密钥… Making the key…";
    await new Promise((done) => setTimeout(done, 20)); // let the page say so first
    const who = holder();
    const made = await makeKey(family, who, first);
    // Saved before anything is sent: a certificate for a key that nobody has would help nobody.
    saved = { name: `yinxin-key-${new Date().toISOString().slice(0, 10)}.pem`, text: made.file };
    save(saved.name, saved.text);
    again.hidden = false;
    attempt = { request: made.request, family };
  }
  progress.textContent = "正在提交… Submitting…";
  let enrolment;
  try {
    enrolment = await send(attempt.request, attempt.family);
    attempt = null;
  } catch (error) {
    // Without an answer the same request is sent again; after a refusal the next one is made anew.
    if (!["offline", "unreadable", "try-later"].includes(error.problem?.code)) attempt = null;
    throw error;
  }
  if (codeForm) {
    known = { ...known, enrolment };
    await look();
  } else {
    make.hidden = true;
    tell(STATES[enrolment.state].replace("同一注册码回到本页", "“我的证书”页"), "密钥文件已保存到您的设备,请妥善保管。 The key file is on your device.");
  }
}

async function fetchInto() {
  const [file] = document.getElementById("old-keyfile").files;
  const text = await file.text();
  const merged = await withCertificates(text, known.certificates, document.getElementById("old-passphrase").value);
  save("yinxin-certificate-key.pem", merged);
  tell("已下载带证书的密钥文件。用它登录: /login", "Downloaded: log in with this file.");
}

codeForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  working(codeForm, look);
});
make.addEventListener("submit", (event) => {
  event.preventDefault();
  working(make, apply);
});
merge.addEventListener("submit", (event) => {
  event.preventDefault();
  working(merge, fetchInto);
});
document.getElementById("plain-certificate").addEventListener("click", () => {
  save("yinxin-certificate.pem", known.certificates.map((one) => pem("CERTIFICATE", fromBase64(one))).join(""));
});
again.querySelector("button").addEventListener("click", () => save(saved.name, saved.text));
