// SPDX-License-Identifier: Apache-2.0
// One way to call the service and to show why it said no (RFC 9457 problem documents).

/** A refusal by the service, with its problem document. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** The session's token, which a page elsewhere cannot know; empty before login. */
const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

/** Send a request; resolves to JSON, rejects with Problem. */
export async function call(path, options = {}) {
  let response;
  try {
    const headers = { Accept: "application/json", "X-CSRF-Token": csrf(), ...options.headers };
    response = await fetch(path, { credentials: "same-origin", ...options, headers });
  } catch {
    throw new Problem({ title: "网络不通", detail: "没有连上服务,请检查网络后重试;已填内容仍在本页。 No connection; what you typed is kept.", code: "offline" });
  }
  const body = await response.json().catch(() => ({ title: "服务答复无法读取", detail: `HTTP ${response.status}`, code: "unreadable" }));
  if (!response.ok) throw new Problem(body);
  return body;
}

/** POST a JSON body. */
export const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

function paragraph(text, className = "") {
  const p = document.createElement("p");
  p.textContent = text;
  p.className = className;
  return p;
}

/** Show an error in `box`, and beside each field that it names. */
export function show(box, error) {
  const problem = error.problem ?? { title: error.zh ?? "出错了", detail: error.en ?? String(error.message), code: "" };
  const parts = [paragraph(problem.title, "label"), paragraph(problem.detail ?? "")];
  for (const { field, rule, todo } of problem.errors ?? []) {
    const place = document.querySelector(`[data-error="${CSS.escape(String(field).split(".").pop())}"]`);
    const text = `${rule} ${todo ?? ""}`;
    if (place) {
      place.textContent = text;
      place.hidden = false;
    }
    parts.push(paragraph(`${field}:${text}`));
  }
  if (problem.code) parts.push(paragraph(problem.code, "code"));
  box.replaceChildren(...parts);
  box.hidden = false;
  box.scrollIntoView({ block: "center" });
}

/** Hide what an earlier attempt showed. */
export function clear(box) {
  box.hidden = true;
  for (const place of document.querySelectorAll("[data-error]")) place.hidden = true;
}

/** Read the key file chosen in the page. */
export async function openChosenKey() {
  const { openKeyFile, KeyFileError } = await import("./keyfile.js");
  const [file] = document.getElementById("keyfile").files;
  if (!file) throw new KeyFileError("请选择密钥文件。", "Choose a key file.");
  if (file.size > 100_000) throw new KeyFileError("密钥文件太大。", "The key file is too large.");
  return openKeyFile(await file.text(), document.getElementById("passphrase").value);
}
