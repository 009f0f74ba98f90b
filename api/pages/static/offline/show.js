// SPDX-License-Identifier: Apache-2.0
// An answer on the page: shape, words and code, one thing to do, facts to compare, then the rest.

import { ago, china } from "./ages.js";
import { KINDS } from "./kinds.js";
import { REASONS } from "./reasons.js";
import { answerOf } from "./verdicts.js";

const PATHS = {
  pass: ["M24 4a20 20 0 1 0 0 40 20 20 0 1 0 0-40", "M14 25l7 7 13-15"],
  warn: ["M24 5l20 37H4z", "M24 19v11M24 36v.5"],
  fail: ["M5 5h38v38H5z", "M16 16l16 16M32 16L16 32"],
  unsure: ["M24 3l21 21-21 21L3 24z", "M19 19a5 5 0 1 1 7 5c-1.6.8-2 1.7-2 3.5M24 33v.5"],
};

/** An element with a class and children; text is always text. */
export function element(name, className = "", ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

const english = (text) => {
  const made = element("span", "en", text);
  made.lang = "en";
  return made;
};

function shape(tone) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 48 48", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": "4",
    "stroke-linecap": "round", "stroke-linejoin": "round",
  })) svg.setAttribute(name, value);
  for (const d of PATHS[tone]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Fill `box` with the verdict on a statement, and put the focus on its headline. */
export function showVerdict(box, found, lists, { at, links = true }) {
  const answer = answerOf(found);
  const words = element("h2", "words", answer.zh);
  words.tabIndex = -1;
  const headline = element(
    "div", `headline ${answer.tone}`, shape(answer.tone),
    element("div", "", words, element("p", "en", answer.en), element("p", "", "结果代码 ", element("span", "code", answer.code))),
  );
  const parts = [headline];
  if (answer.todo) parts.push(element("p", "error", element("strong", "", "怎么办:"), answer.todo, " ", english(answer.todoEn)));
  const { facts } = found;
  if (facts.document_successor && links) parts.push(successor(facts));
  const rows = compared(facts);
  if (rows.length) {
    // Nobody vouches for what an unproven code says of itself: it is not for comparing.
    const proven = Boolean(facts.authority);
    const title = proven
      ? element("h3", "", "请与纸面逐项核对 ", english("Compare with the paper"))
      : element("h3", "", "码中自称的内容,未经证实 ", english("What the code says of itself, unproven"));
    const table = element("table", `facts stack${proven ? " compare" : ""}`, element("tbody", "", ...rows));
    parts.push(element("section", "card", title, table));
  }
  parts.push(element("section", "card", element("h3", "", "核验过程 ", english("How it was checked")), lines(found, lists, at)));
  box.replaceChildren(...parts);
  box.dataset.code = answer.code;
  box.dataset.indication = found.indication;
  box.dataset.codes = found.codes.join(" ");
  words.focus();
}

function successor(facts) {
  const link = element("a", "target", facts.document_successor);
  link.href = `https://${facts.host}/r/${facts.document_successor}`;
  link.rel = "noreferrer";
  return element("p", "note", "后继文书 ", link, " ", english("The document in its place"));
}

const row = (name, value, className = "") => {
  const head = element("th", "", name);
  head.scope = "row";
  return element("tr", "", head, element("td", className, value));
};

// What is compared with the paper, as [name, value, class].  Every statement has room for counts; only that of
// a record sheet (kind 1) means them.  The key may belong to another body than the one that issued the document.
export function comparedFacts(facts) {
  if (!facts.document_id) return [];
  const stated = facts.stated;
  return [
    ["编号", facts.document_id_printed, "code"],
    ...(stated
      ? [["名称", stated.name], ["统一社会信用代码", stated.uscc, "code"], ...(stated.class ? [["类别", stated.class]] : []),
         ...(facts.document_kind === KINDS.get(1) ? [["良好记录", `${stated.good} 条`], ["不良记录", `${stated.bad} 条`]] : []),
         ["签发机关代码", stated.authority, "code"]]
      : []),
    ...(facts.authority ? [["二维码签署单位", facts.authority]] : []),
    ["签发日期", facts.issued],
    ["有效期至", facts.valid_until ?? "未限定"],
    ["官方网址", facts.host, "code"],
  ];
}

const compared = (facts) => comparedFacts(facts).map((one) => row(...one));

function lines({ indication, codes, facts }, { trust, status }, at) {
  const told = codes.map((code) => [`${REASONS[code]?.[0] ?? code} `, REASONS[code]?.[1] ?? "", code]);
  const list = element("ul", "reasons");
  for (const [zh, en, code] of told) list.append(element("li", "", zh, english(`${en} `), element("span", "code", code)));
  list.append(element("li", "", `现状:${standing(facts)}`));
  if (facts.log_index !== null && facts.log_index !== undefined) {
    list.append(element("li", "", `公开日志:签发登记第 ${facts.log_index} 条(离线未核对日志,请联网下载日志证明)。`,
      english(` Announced as entry ${facts.log_index}; the log was not looked at offline.`)));
  }
  list.append(element("li", "", `本结果时间 ${china(at)};信任列表 ${china(trust.issued)}(${ago(trust.issued, at)})` +
    (status ? `;状态列表 ${china(status.issued)}(${ago(status.issued, at)})。` : ";没有状态列表。")));
  list.append(element("li", "", `结论 ${indication}`, facts.algorithm ? ` · ${facts.algorithm} · 密钥 ${facts.key_id}` : ""));
  return list;
}

function standing(facts) {
  const since = facts.document_status_since ? `,自 ${china(facts.document_status_since).slice(0, 10)} 起` : "";
  if (!facts.document_status || facts.document_status === "unknown") return "未知,请联网查询。";
  if (facts.document_status === "normal") return `正常(截至 ${china(facts.document_status_as_of)})。`;
  return `${(REASONS[`DOCUMENT_${facts.document_status.toUpperCase()}`] ?? [facts.document_status])[0].replace("。", "")}${since}` +
    `(原因 ${facts.document_status_reason})。`;
}
