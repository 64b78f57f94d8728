"use strict";
// Marks written answers; nothing leaves this page but the file that the instructor saves.
const COLUMNS = document.getElementById("rest").dataset.columns.split(",");
const STORE = "sfxtutor-marking:";
const articles = [...document.querySelectorAll(".answer")];
const notice = document.getElementById("status");

function parts(article) {
  return {
    boxes: [...article.querySelectorAll(".line")],
    points: article.querySelector(".points"),
    comment: article.querySelector(".comment"),
  };
}

function rowsOf(element) {
  return JSON.parse(element.dataset.rows).map((cells) =>
    Object.fromEntries(cells.map((cell, i) => [COLUMNS[i], cell])));
}

function numberIn(text) {
  return text.trim() === "" ? NaN : Number(text.trim().replace(",", "."));
}

function marks(article) {
  const { boxes, points, comment } = parts(article);
  const lines = boxes.map((box, i) => (box.checked ? i + 1 : 0)).filter(Boolean);
  return { points: points.value.trim(), lines: lines.join(" "), comment: comment.value.trim() };
}

function show(article, mark) {
  const { boxes, points, comment } = parts(article);
  const ticked = mark.lines.split(/\s+/);
  boxes.forEach((box, i) => { box.checked = ticked.includes(String(i + 1)); });
  points.value = mark.points;
  comment.value = mark.comment;
  check(article);
}

function fine(article) {
  const text = parts(article).points.value.trim();
  const value = numberIn(text);
  return text === "" || (value >= 0 && value <= Number(article.dataset.max));
}

function check(article) {
  const { points } = parts(article);
  points.setAttribute("aria-invalid", String(!fine(article)));
  article.classList.toggle("marked", points.value.trim() !== "" && fine(article));
}

function fromFile(article) {
  const { points, lines, comment } = article.dataset;
  return { points, lines, comment };
}

function same(a, b) {
  return ["points", "lines", "comment"].every((name) => a[name] === b[name]);
}

// What is stored counts only while manual.csv says what it said when it was stored.
function stored(article) {
  try {
    const found = JSON.parse(localStorage.getItem(STORE + article.dataset.key));
    return found && same(found.base, fromFile(article)) ? found.mark : null;
  } catch { return null; }
}

function keep(article) {
  check(article);
  const entry = { base: fromFile(article), mark: marks(article) };
  try { localStorage.setItem(STORE + article.dataset.key, JSON.stringify(entry)); } catch { /* full or forbidden */ }
  report();
}

function report(words = "") {
  const done = articles.filter((one) => one.classList.contains("marked")).length;
  const open = articles.filter((one) => !same(marks(one), fromFile(one))).length;
  const bar = document.getElementById("bar");
  bar.max = Math.max(articles.length, 1);
  bar.value = done;
  const changed = open ? ` ${open} changed since manual.csv was read.` : "";
  notice.textContent = `${done} of ${articles.length} answers marked.${changed} ${words}`.trim();
}

function tick(article) {
  const { boxes, points } = parts(article);
  const sum = boxes.reduce((all, box) => all + (box.checked ? Number(box.dataset.points) : 0), 0);
  points.value = String(Math.min(sum, Number(article.dataset.max)));
  keep(article);
}

function cell(text) {
  const value = /^[=+\-@]/.test(text) && Number.isNaN(numberIn(text)) ? `'${text}` : text;
  return /[",;\n\r\t]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function table() {
  const rows = rowsOf(document.getElementById("rest"));
  for (const article of articles) {
    const mark = marks(article);
    for (const row of rowsOf(article)) {
      rows.push({ ...row, ...mark, points: mark.points.replace(",", ".") });
    }
  }
  const keyed = rows.map((row) => [[row.student, row.id, row.assignment, row.task].join("\0"), row]);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const lines = keyed.map(([, row]) => COLUMNS.map((name) => cell(row[name])).join(","));
  return `\ufeff${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}

function save() {
  const wrong = articles.find((one) => !fine(one));
  if (wrong) {
    parts(wrong).points.focus();
    report(`Not saved: expected a number from 0 to ${wrong.dataset.max}.`);
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
  link.download = "manual.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  report("Saved: put the file beside this page and grade again.");
}

function decode(buffer) {
  const bytes = new Uint8Array(buffer);
  const marks = { 255: "utf-16le", 254: "utf-16be" };
  if (bytes.length > 1 && marks[bytes[0]] && bytes[0] + bytes[1] === 509) {
    return new TextDecoder(marks[bytes[0]]).decode(buffer);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    return new TextDecoder("windows-1252").decode(buffer);
  }
}

function parse(text) {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const separator = [",", ";", "\t"].reduce((a, b) => (head.split(b).length > head.split(a).length ? b : a));
  const rows = [[]];
  let quoted = false, value = "";
  const close = () => { rows.at(-1).push(value.trim().replace(/^'(?=[=+\-@])/, "")); value = ""; };
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i];
    if (quoted && sign === '"' && text[i + 1] === '"') { value += '"'; i += 1; }
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === separator) close();
    else if (!quoted && sign === "\n") { close(); rows.push([]); }
    else if (sign !== "\r") value += sign;
  }
  close();
  const [columns, ...lines] = rows;
  const names = columns.map((name) => name.replace("\ufeff", "").toLowerCase());
  return lines.filter((line) => line.join("")).map((line) =>
    Object.fromEntries(names.map((name, i) => [name, line[i] ?? ""])));
}

function apply(text) {
  const rows = parse(text);
  if (rows.length && !("points" in rows[0] && "answer" in rows[0])) {
    report("Not loaded: expected a manual.csv with the columns points and answer.");
    return;
  }
  const key = (row) => [row.student, row.id ?? "", row.assignment, row.task, row.answer].join("\0");
  const known = new Map(rows.map((row) => [key(row), row]));
  let used = 0;
  for (const article of articles) {
    const row = rowsOf(article).map((one) => known.get(key(one))).find((one) => one?.points);
    if (!row) continue;
    show(article, { points: row.points, lines: row.lines ?? "", comment: row.comment ?? "" });
    keep(article);
    used += 1;
  }
  report(`Loaded: marks of ${used} answers on this page.`);
}

function go(step, wanted = () => true) {
  const here = articles.findIndex((one) => one.contains(document.activeElement));
  const start = here < 0 && step < 0 ? articles.length : here;
  for (let i = start + step; i >= 0 && i < articles.length; i += step) {
    if (!wanted(articles[i])) continue;
    articles[i].focus();
    articles[i].scrollIntoView({ block: "nearest" });
    return;
  }
}

document.addEventListener("keydown", (event) => {
  const article = document.activeElement.closest(".answer");
  if (event.key === "Escape" && article) article.focus();
  const typing = document.activeElement.matches("textarea, input:not([type=checkbox])");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const open = (one) => !one.classList.contains("marked");
  const keys = { j: () => go(1), k: () => go(-1), u: () => go(1, open) };
  if (keys[event.key]) keys[event.key]();
  else if (article && event.key === "c") parts(article).comment.focus();
  else if (article && event.key === "0") { parts(article).points.value = "0"; keep(article); }
  else if (article && parts(article).boxes[event.key - 1]) {
    const box = parts(article).boxes[event.key - 1];
    box.checked = !box.checked;
    tick(article);
  } else return;
  event.preventDefault();
});

for (const article of articles) {
  show(article, stored(article) ?? fromFile(article));
  const { boxes, points, comment } = parts(article);
  boxes.forEach((box) => box.addEventListener("change", () => tick(article)));
  [points, comment].forEach((field) => field.addEventListener("input", () => keep(article)));
}
document.getElementById("save").addEventListener("click", save);
document.getElementById("load").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) apply(decode(await file.arrayBuffer()));
  event.target.value = "";
});
for (const [id, name] of [["names", "with-names"], ["open", "only-open"]]) {
  const box = document.getElementById(id);
  box.addEventListener("change", () => document.body.classList.toggle(name, box.checked));
}
report();
