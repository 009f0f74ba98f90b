// SPDX-License-Identifier: Apache-2.0
// The picture of the seal while it is filled in; what does not apply to the chosen shape is out of the way.

import { call } from "./problems.js";

const form = document.getElementById("seal-application");
const picture = document.getElementById("picture");
const note = document.getElementById("picture-note");
const FIELDS = ["name", "line", "shape", "centre", "centre_text", "micro", "rank", "width", "code"];
const value = (name) => form.elements[name].value.trim();
let asked = 0;
let timer = 0;

/** Only the parts of the form that count. */
function arrange() {
  const scan = value("source") === "scan";
  const round = value("shape") === "round";
  const shown = {
    design: !scan,
    scan,
    round,
    sized: !round,
    lettered: value("shape") !== "square",
    text: value("centre") === "text",
    emblem: value("centre") === "emblem",
  };
  for (const part of form.querySelectorAll("[data-part]")) part.hidden = !shown[part.dataset.part];
}

function say(text, bad = false) {
  note.textContent = text;
  note.className = bad ? "field-error" : "hint";
}

function refusal(error) {
  const found = error.problem?.errors?.[0];
  say(found ? `${found.rule} ${found.todo ?? ""}` : (error.problem?.detail ?? String(error.message)), true);
}

function show(svg) {
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  picture.hidden = false;
}

async function preview() {
  const round = ++asked;
  const kind = value("source") === "scan" ? "scan" : value("shape") === "round" && value("centre") === "emblem" ? "emblem" : "";
  const [file] = kind ? form.elements[kind === "scan" ? "picture" : "emblem"].files : [];
  try {
    if (kind === "scan" && (!file || !value("width_mm"))) {
      if (!value("drawing")) say("请选择扫描图并填写实际宽度。 Choose a scan and give its width.");
      return;
    }
    if (kind === "scan") {
      const found = await bring(kind, file);
      if (round !== asked) return;
      form.elements.drawing.value = found.drawing;
      show(found.svg);
      const how = value("degrees") ? "按所填角度" : "自动";
      say(`${how}旋转 ${found.degrees}°,成品 ${found.width_mm} × ${found.height_mm} mm。不正时请填写校正角度。 Turned by ${found.degrees}°.`);
      return;
    }
    if (!value("name")) return;
    let drawing = value("drawing").startsWith("emblem/") ? value("drawing") : "";
    if (kind === "emblem" && file) drawing = (await bring(kind, file)).drawing;
    if (round !== asked) return;
    form.elements.drawing.value = kind === "emblem" ? drawing : "";
    const svg = kind === "emblem" && drawing ? await drawn(drawing) : await plain();
    if (round !== asked) return;
    show(svg);
    say("");
  } catch (error) {
    if (round === asked) refusal(error);
  }
}

function bring(kind, file) {
  const body = new FormData();
  body.set("file", file);
  body.set("kind", kind);
  for (const name of ["name", "ink", "width_mm", "degrees"]) body.set(name, value(name));
  return call("/api/v1/seal-pictures/drawings", { method: "POST", body });
}

const plain = () => text(`/api/v1/seal-pictures/preview.svg?${new URLSearchParams(FIELDS.map((name) => [name, value(name)]))}`);

function drawn(drawing) {
  const design = { name: value("name"), centre: "emblem", drawing };
  if (value("line")) design.line = value("line");
  if (value("micro")) design.micro = value("micro");
  const diameter = form.elements.rank.selectedOptions[0].textContent.split(" ")[0];
  if (diameter !== "42") design.diameter_mm = diameter;
  return text("/api/v1/seal-pictures/preview", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf"]')?.content ?? "" },
    body: JSON.stringify({ design }),
  });
}

/** An SVG, or the problem that came instead. */
async function text(path, options = {}) {
  const response = await fetch(path, { credentials: "same-origin", ...options });
  if (response.ok) return response.text();
  const problem = await response.json().catch(() => ({ detail: `HTTP ${response.status}` }));
  throw Object.assign(new Error(problem.detail), { problem });
}

function later() {
  arrange();
  clearTimeout(timer);
  timer = setTimeout(preview, 350);
}

form.addEventListener("input", later);
form.addEventListener("change", later);
arrange();
if (value("name") && picture.hidden) preview();
