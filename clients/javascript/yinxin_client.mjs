// SPDX-License-Identifier: Apache-2.0
// A client of Yinxin for programs whose key stays with them: one file, nothing to install.  Node 20 or a browser.
//
// Copy it.  `sign` is a callback: it takes a Uint8Array and returns (a promise of) the signature, DER for SM2 and
// ECDSA, the octets for RSA.  What was prepared is plain JSON: it may be completed tomorrow, elsewhere.
//
//   const client = new Client("https://yinxin.example", certificate, sign);
//   await client.login();
//   const prepared = await client.prepareSubmission("permit_application", data, { drawing_review: pdf });
//   const filed = await client.completeSubmission(prepared);

const LOGIN = "yinxin/login/v1\n";
const STEP = "yinxin/seal-step/v1\n";
const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

/** The service said no: `status`, `code` and `problem` (RFC 9457) say why and what to do. */
export class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem.code}: ${problem.detail ?? problem.title}`);
    Object.assign(this, { status, code: String(problem.code), problem });
  }
}

/** What the service asked to sign is not what was asked of it; nothing was signed. */
export class NotSigned extends Error {}

export class Client {
  /** `certificate`: DER of the certificate that logs in (and seals, unless another is named). */
  constructor(url, certificate, sign, { fetch = globalThis.fetch } = {}) {
    this.url = url.replace(/\/$/, "");
    this.certificate = certificate;
    this.sign = sign;
    this.token = "";
    this.send = fetch.bind(globalThis);
  }

  /** Sign a fresh challenge; `actFor`: credit code of an enterprise that one may act for. */
  async login(actFor = "") {
    const challenge = await this.post("/api/v1/login/challenges", {});
    const message = fromBase64(challenge.to_be_signed);
    requireLoginChallenge(message, this.url);
    const body = {
      challenge_id: challenge.challenge_id,
      certificate: toBase64(this.certificate),
      signature: toBase64(await this.sign(message)),
    };
    if (actFor) body.act_for = actFor;
    this.token = (await this.post("/api/v1/login", body)).token;
    return this;
  }

  /** What has to be signed, as plain JSON.  `key`: the same one brings back what it prepared before. */
  async prepareSubmission(form, data, files, { certificate = this.certificate, key = crypto.randomUUID() } = {}) {
    const body = new FormData();
    body.set("form", form);
    body.set("data", JSON.stringify(data));
    body.set("certificate", toBase64(certificate));
    body.set("idempotency_key", key);
    for (const [slot, content] of Object.entries(files)) body.set(slot, new Blob([content]), `${slot}.pdf`);
    return this.json("/api/v1/submissions", { method: "POST", body });
  }

  /** Sign each item and file.  Safe to repeat with the same state. */
  async completeSubmission(prepared, sign = this.sign) {
    const signatures = [];
    for (const one of prepared.items) {
      signatures.push({ item_id: one.item_id, signature: await attributesSigned(one.to_be_signed, sign) });
    }
    return this.post(`/api/v1/submissions/${quoted(prepared.submission_id)}/signatures`, { signatures });
  }

  /** The sealed file of one item. */
  sealedItem(submissionId, itemId) {
    return this.bytes(`/api/v1/submissions/${quoted(submissionId)}/items/${quoted(itemId)}/file`);
  }

  /** Prepare ready PDF files ([name, bytes]) for one's own key: the list and every digest, as plain JSON. */
  async prepareFiles(title, files, { certificate = this.certificate, key = "" } = {}) {
    const order = { title, certificate: toBase64(certificate) };
    if (key) order.idempotency_key = key;
    const batch = await this.post("/api/v1/own-batches", order);
    const path = `/api/v1/own-batches/${quoted(batch.batch_id)}`;
    for (let start = 0; start < files.length; start += 100) {
      const body = new FormData();
      for (const [name, content] of files.slice(start, start + 100)) body.append("file", new Blob([content]), name);
      await this.json(`${path}/files`, { method: "POST", body });
    }
    return this.json(`${path}/list`);
  }

  /** Sign the list and each file on it; everything goes back in one request.  Safe to repeat. */
  async completeFiles(prepared, sign = this.sign) {
    const list = fromBase64(prepared.list);
    await requireList(list, prepared.items);
    const signatures = [];
    for (const one of prepared.items) {
      signatures.push({ number: one.number, signature: await attributesSigned(one.to_be_signed, sign) });
    }
    const body = { list_signature: toBase64(await sign(list)), signatures };
    return this.post(`/api/v1/own-batches/${quoted(prepared.batch_id)}/signatures`, body);
  }

  batch(batchId) {
    return this.json(`/api/v1/batches/${quoted(batchId)}`);
  }

  batchFile(batchId, number) {
    return this.bytes(`/api/v1/batches/${quoted(batchId)}/items/${number}/file`);
  }

  /** Ask for the use of a seal under one's own signature. */
  askUse(request) {
    return this.statement({ request }, { ...request, step: "ask-use" });
  }

  /** "approve-use", "refuse-use" or "withdraw-use" under one's own signature. */
  decideUse(requestId, step, reason = "") {
    return this.statement({ request_id: requestId, step: { step, reason } }, { request_id: requestId, step });
  }

  async statement(wanted, said) {
    const { to_be_signed } = await this.post("/api/v1/seal-use-steps/prepare", wanted);
    const message = fromBase64(to_be_signed);
    requireStatement(message, said);
    const signature = toBase64(await this.sign(message));
    return this.post("/api/v1/seal-use-steps", { to_be_signed, certificate: toBase64(this.certificate), signature });
  }

  /** The report of `yinxin verify` over one file.  TOTAL-PASSED is the only pass. */
  verify(name, content) {
    const body = new FormData();
    body.set("file", new Blob([content]), name);
    return this.json("/api/v1/verify", { method: "POST", body });
  }

  post(path, body) {
    return this.json(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
  }

  async json(path, options = {}) {
    return (await this.answer(path, options)).json();
  }

  async bytes(path) {
    return new Uint8Array(await (await this.answer(path)).arrayBuffer());
  }

  async answer(path, { headers = {}, ...options } = {}) {
    const own = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const response = await this.send(this.url + path, {
      ...options,
      headers: { Accept: "application/json", ...own, ...headers },
      credentials: "omit",
    });
    if (response.ok) return response;
    throw new Refused(response.status, await response.json().catch(() => ({ code: "no-problem-document" })));
  }
}

/** Throws unless this is a login challenge of the service at `url`. */
export function requireLoginChallenge(message, url) {
  const said = stated(message, LOGIN, "not a login challenge");
  if (said.origin !== new URL(url).origin) throw new NotSigned("a login challenge of another origin");
}

/** Throws unless the statement says exactly what was asked for. */
export function requireStatement(message, said) {
  const found = stated(message, STEP, "not a statement about a seal");
  const wrong = Object.keys(said).filter((name) => found[name] !== said[name]);
  if (wrong.length) throw new NotSigned(`the statement says something else: ${wrong.join(", ")}`);
}

/** Throws unless the list names exactly the files that are to be signed. */
export async function requireList(bytes, items) {
  const said = JSON.parse(text(bytes));
  if (said.format !== "yinxin-batch-list/1" || said.count !== items.length || said.items.length !== items.length) {
    throw new NotSigned("not the list of these files");
  }
  for (const [at, one] of items.entries()) {
    const listed = said.items[at];
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64(one.to_be_signed)));
    const hex = Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
    if (listed.number !== one.number || listed.name !== one.name || listed.to_be_signed_sha256 !== hex) {
      throw new NotSigned(`the list is about another file: ${listed.number}`);
    }
  }
}

function stated(message, prefix, otherwise) {
  const found = text(message);
  if (!found.startsWith(prefix)) throw new NotSigned(otherwise);
  return JSON.parse(found.slice(prefix.length));
}

async function attributesSigned(encoded, sign) {
  const message = fromBase64(encoded);
  if (message[0] !== 0x31) throw new NotSigned("not the DER of signed attributes (CMS): the first octet is not 31");
  return toBase64(await sign(message));
}

export function fromBase64(encoded) {
  return Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0));
}

export function toBase64(bytes) {
  let found = "";
  for (const octet of bytes) found += String.fromCharCode(octet);
  return btoa(found);
}

const quoted = (part) => encodeURIComponent(String(part));
