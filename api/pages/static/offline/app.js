// SPDX-License-Identifier: Apache-2.0
// The offline page: codes by camera, picture or text, files by digest; the lists that the verdicts rest on.

import { ago, china } from "./ages.js";
import { checkQr } from "./check_qr.js";
import { carriesRecord, digestsOf, isRecord, matches } from "./digests.js";
import { kept, refresh, take } from "./keeping.js";
import { ListRefused, fingerprints } from "./lists.js";
import { checkLogProof } from "./log_proof.js";
import { hasCamera, readPicture, watch } from "./picture.js";
import { REASONS } from "./reasons.js";
import { element, showVerdict } from "./show.js";

// A document has two entries in the log: the code names the one that announced it, the log proof the other.
const CALLED = { "document.issue": "签发登记", "document.issued": "签发完成" };
const BASE = new URL("../../", import.meta.url); // beside this folder: both lists
const by = (id) => document.getElementById(id);
let lists = { trust: null, status: null, fetched: null };
let last = null; // the statement that files are compared with

async function showLists(wrong = []) {
  try {
    lists = await kept();
  } catch (error) {
    wrong = [...wrong, error instanceof ListRefused ? error.code : String(error.message)];
  }
  const { trust, status, fetched } = lists;
  const now = new Date();
  const words = trust
    ? [`信任列表第 ${trust.sequence} 号,列表时间 ${china(trust.issued)}(${ago(trust.issued, now)}),本机取得于 ${ago(fetched, now)}。`,
       status ? `状态列表第 ${status.sequence} 号,列表时间 ${china(status.issued)}(${ago(status.issued, now)})。` : "没有状态列表,现状未知。"]
    : ["本机还没有信任列表:请联网更新,或从文件导入。"];
  const old = trust && now > new Date(trust.next_update);
  const clock = trust && now < new Date(trust.issued);
  if (old) words.push("信任列表已过更新期限,请尽快更新。");
  if (clock) words.push("本机时钟早于列表时间,请校准时钟。");
  for (const code of wrong) words.push(`${REASONS[code]?.[0] ?? code}(${code})`);
  by("lists").replaceChildren(...words.map((text, i) => element("span", i > 1 || !trust ? "field-error" : "", text, element("br"))));
  by("lists").dataset.sequence = trust ? String(trust.sequence) : "";
  by("lists").dataset.wrong = wrong.join(" ");
  const roots = trust ? await fingerprints(trust) : [];
  by("roots").replaceChildren(...roots.map((one) => element("li", "", `${one.name} `, element("span", "code", one.sha256))));
}

async function check(text) {
  const clean = text.trim();
  if (!clean) return;
  if (!lists.trust) {
    const todo = element("p", "error", "本机还没有信任列表,无法核验。请先联网更新列表,或从文件导入。");
    by("answer").replaceChildren(todo);
    return;
  }
  const at = new Date();
  const [chosen] = by("proof").files;
  const proof = chosen ? (await chosen.text()).trim() : null;
  const found = await checkQr(clean, lists.trust, at, { status: lists.status, proof });
  last = found.facts.record_digest ? found : null;
  showVerdict(by("answer"), found, lists, { at });
}

function say(text) {
  by("answer").replaceChildren(element("p", "error", text));
}

async function fromPicture(file) {
  if (!file) return;
  try {
    const [text] = await readPicture(file);
    if (text === undefined) say("图片里没有认出二维码:请拍清楚、放正、只留二维码再试。");
    else await check(text);
  } catch (error) {
    say(`图片无法读取:${error.message}`);
  }
}

let watching = false;
async function camera() {
  const [button, view] = [by("camera"), by("view")];
  if (watching) {
    watching = false;
    return;
  }
  watching = true;
  view.hidden = false;
  button.textContent = "关闭摄像头 Stop";
  try {
    const text = await watch(view, () => !watching);
    if (text !== null) await check(text);
  } catch (error) {
    say(`摄像头打不开(${error.name}):请允许使用摄像头,或改为选择图片。`);
  } finally {
    watching = false;
    view.hidden = true;
    button.textContent = "打开摄像头 Camera";
  }
}

async function compare() {
  const [file] = by("file").files;
  const [proof] = by("proof").files;
  const box = by("file-answer");
  try {
    const found = file ? await digestsOf(file) : null;
    const told = proof ? await fromProof(await proof.text(), found) : [];
    if (found) told.push(...(await fromDigests(found)));
    if (found && !told.length) told.push("已算出摘要:请与网页中的摘要逐位比对,或选上日志证明;先查二维码,还会比对所签的记录。");
    box.replaceChildren(
      ...told.map((text) => element("p", text.startsWith("×") ? "field-error" : "label", text)),
      ...(found ? [digestLine("SHA-256", found.sha256), digestLine("SM3", found.sm3)] : []),
    );
  } catch (error) {
    box.replaceChildren(element("p", "field-error", error.message));
  }
}

const digestLine = (name, value) => element("p", "", `${name} `, element("span", "code", value));

/** What the typed digest and the statement above say of a file. */
async function fromDigests(found) {
  const told = [];
  const typed = by("digest").value.trim();
  if (typed) told.push(matches(found, typed) ? "✔ 与填写的摘要一致。" : "× 与填写的摘要不一致:不是同一个文件,或被改动。");
  const digest = last?.facts.record_digest;
  if (!digest) return told;
  if (isRecord(found, digest)) told.push("✔ 这个文件就是上面二维码所签的记录。");
  else if (await carriesRecord(found.bytes, digest)) {
    told.push("✔ 文件内嵌的记录就是上面二维码所签的记录;页面其余内容和印章请用 yinxin verify 或联网查验。");
  } else told.push("? 文件内没有找到上面二维码所签的记录(离线只能比对记录)。");
  return told;
}

/** What a log proof says: that its entry is in the log, and of which files the entry has the digests. */
async function fromProof(text, found) {
  if (!lists.trust) return ["? 本机还没有信任列表,不能核验日志证明。"];
  const { indication, codes, facts } = await checkLogProof(text.trim(), lists.trust, new Date());
  const [code] = codes;
  const words = `${REASONS[code]?.[0] ?? ""}(${code})`;
  if (indication !== "TOTAL-PASSED") return [`${indication === "TOTAL-FAILED" ? "×" : "?"} ${words}`];
  const seen = facts.witnesses.map((one) => `${one.name} ${china(one.at)}`).join("、") || "无";
  const act = facts.entry?.kind === "intent.opened" ? facts.entry.body?.act : facts.entry?.kind;
  const told = [`✔ ${words}${CALLED[act] ?? ""}第 ${facts.index} 条,共 ${facts.size} 条;见证:${seen}。`];
  const body = facts.entry?.kind === "document.issued" ? facts.entry.body : null;
  if (!body) return [...told, "? 这一条日志不是签发文书的条目,不能用来比对文件。"];
  if (last && body.document_id !== last.facts.document_id) told.push("× 日志证明是另一份文书的,与上面的二维码不同号。");
  if (!found) return [...told, `签发的是文书 ${body.document_id};再选文件,比对日志中的摘要。`];
  const pairs = [[body.sha256, body.sm3, "PDF"], [body.ofd_sha256, body.ofd_sm3, "OFD"]];
  const same = pairs.find(([sha256, sm3]) => sha256 === found.sha256 && sm3 === found.sm3);
  told.push(same
    ? `✔ 文件与公开日志所载文书 ${body.document_id} 的 ${same[2]} 文件完全一致。`
    : `× 文件与公开日志所载文书 ${body.document_id} 的文件不一致:不是原文件,或被改动。`);
  return told;
}

async function importList(file) {
  if (!file) return;
  try {
    await take(await file.text());
    await showLists();
  } catch (error) {
    if (!(error instanceof ListRefused)) throw error;
    await showLists([error.code]);
  }
}

function start() {
  by("host").textContent = location.host;
  const tick = () => {
    by("clock").textContent = china(new Date());
  };
  tick();
  setInterval(tick, 1000);
  by("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    check(by("text").value);
  });
  by("picture").addEventListener("change", (event) => fromPicture(event.target.files[0]));
  by("file").addEventListener("change", compare);
  by("digest").addEventListener("change", compare);
  by("proof").addEventListener("change", compare);
  by("list-file").addEventListener("change", (event) => importList(event.target.files[0]));
  by("refresh").addEventListener("click", async () => showLists(await refresh(BASE)));
  by("camera").hidden = !hasCamera();
  by("camera").addEventListener("click", camera);
  by("larger").addEventListener("click", () => {
    const large = document.documentElement.classList.toggle("large");
    by("larger").setAttribute("aria-pressed", String(large));
  });
  if (new URLSearchParams(location.search).get("size") === "large") by("larger").click();
  navigator.serviceWorker?.register(new URL("../sw.js", import.meta.url)).catch(() => undefined);
}

start();
// What is on the device is shown first; the network comes after and may never come.
await showLists();
await showLists(await refresh(BASE));
document.documentElement.dataset.ready = "yes";
