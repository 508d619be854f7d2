/** Turns a reply of /ask into something to read. */

import { el, icon, outsideLink, readPath, unseen } from "./dom.js";
import { formatDate, pieces, plural, sureness } from "./text.js";

const LONG = 60;
const NAMED = 5; // copies, before the rest is only counted

/** @param {object} reply  what POST /ask returned @returns {Node} */
export function renderReply(reply) {
  if (isHintAlone(reply)) return el("div", { class: "reply" }, el("p", { class: "hint alone" }, reply.hint));
  const body = reply.answered ? renderAnswers(reply.answers) : renderClosest(reply);
  return el("div", { class: "reply" }, ...body, renderMeta(reply));
}

/** What a screen reader says when the reply is there. */
export function spoken(reply) {
  if (isHintAlone(reply)) return reply.hint;
  if (!reply.answered) return "The articles don’t say.";
  const [best] = reply.answers;
  return `${best.text.replace(/[.\s]+$/, "")}. ${sureness(best.confidence).words}. From ${best.article.title}.`;
}

/** Whether the hint is all there is to say: to small talk, or where there was nothing to look through. */
function isHintAlone({ answered, closest, hint }) {
  return !answered && Boolean(hint) && closest.length === 0;
}

function renderAnswers([best, ...others]) {
  if (others.length === 0) return [renderAnswer(best)];
  const summary = el("summary", {}, plural(others.length, "other possible answer"));
  return [renderAnswer(best), el("details", { class: "more" }, summary, ...others.map(renderAnswer))];
}

function renderAnswer(answer) {
  const words = el("p", { class: isLong(answer.text) ? "words long" : "words" }, answer.text);
  const whole = answer.context ?? answer.sentence;
  return el(
    "article",
    { class: "entry" },
    el("div", { class: "said", dir: "auto" }, isWhole(answer) ? null : words, renderSureness(answer.confidence)),
    renderQuote(pieces(whole, answer.sentence, answer), answer.article),
    renderByline(answer.article),
    renderAlso(answer.also ?? []), // a conversation of before an update has none
    renderTools(answer.article, answer, answer.sentence),
  );
}

const isLong = (text) => Array.from(text).length > LONG;

/** Whether the answer is its sentence, give or take the full stop, and long: no need to say it twice. */
function isWhole({ text, sentence }) {
  return isLong(text) && sentence.text.length - text.length < 4;
}

function renderClosest(reply) {
  const entries = reply.closest.map((passage) =>
    el(
      "article",
      { class: "entry" },
      renderQuote(pieces(passage.context ?? passage, passage, null), passage.article),
      renderByline(passage.article),
      renderTools(passage.article, passage, passage),
    ),
  );
  return [
    el("p", { class: "unanswered" }, "The articles don’t say."),
    reply.hint ? el("p", { class: "hint" }, reply.hint) : null,
    entries.length > 0 ? el("p", { class: "lead" }, "The closest passages, so that you can judge:") : null,
    el("div", { class: "closest" }, ...entries),
  ].filter((node) => node !== null);
}

function renderSureness(confidence) {
  const { level, words } = sureness(confidence);
  const right = Math.min(99, Math.max(1, Math.round(confidence * 100))); // nothing is certain
  const percent = `${right} in 100 answers like this one are right`;
  const dots = el("span", { class: "dots", "aria-hidden": "true" });
  for (let dot = 1; dot <= 4; dot += 1) dots.append(el("i", { class: dot <= level ? "on" : null }));
  return el("p", { class: "sureness", dir: "ltr", title: percent }, dots, words, unseen(` (${percent})`));
}

function renderQuote(parts, article) {
  const nodes = parts.map(({ kind, text }) => {
    if (kind === "answer") return el("mark", {}, text);
    return kind === "around" ? el("span", { class: "around" }, text) : text;
  });
  return el("blockquote", { class: "quote", dir: "auto", lang: article.language ?? null }, ...nodes);
}

function renderByline(article) {
  const { title, published, source } = article;
  return el(
    "p",
    { class: "byline" },
    el("cite", { class: "title", dir: "auto" }, title),
    published ? el("time", { datetime: published }, formatDate(published)) : null,
    source ? el("span", { dir: "auto" }, source) : null,
  );
}

/** Where else it stands: copies of the article, by the names of their sources where they have one. */
function renderAlso(copies) {
  if (copies.length === 0) return null;
  const links = copies.slice(0, NAMED).flatMap(({ id, title, source }, place) => {
    const link = el("a", { href: readPath(id), title, dir: "auto" }, source ?? title);
    return place === 0 ? [link] : [", ", link];
  });
  const more = copies.length > NAMED ? ` and ${copies.length - NAMED} more` : null;
  return el("p", { class: "also" }, "Also in: ", ...links, more);
}

function renderTools(article, span, sentence) {
  const read = el("a", { class: "read", href: readPath(article.id, span, sentence) }, "Read in the article");
  return el("p", { class: "tools" }, read, outsideLink(article.url, "Original"), copyButton(article, sentence.text));
}

function copyButton(article, quote) {
  const label = el("span", {}, "Copy");
  const button = el("button", { type: "button", class: "copy", title: "Copy the quote with its title and address" }, icon("copy"), label);
  button.addEventListener("click", async () => {
    const copied = await copy(asText(article, quote));
    button.replaceChildren(icon(copied ? "check" : "alert"), label);
    label.textContent = copied ? "Copied" : "Could not be copied";
    setTimeout(() => {
      button.replaceChildren(icon("copy"), label);
      label.textContent = "Copy";
    }, 1800);
  });
  return button;
}

function asText({ title, published, source, url }, quote) {
  const from = [title, published ? formatDate(published) : null, source].filter(Boolean).join(", ");
  return [`“${quote.trim()}”`, `— ${from}`, url].filter(Boolean).join("\n");
}

/** Copy, also where the page came over plain http from another machine and has no clipboard. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = el("textarea", { class: "hidden", "aria-hidden": "true" });
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
  }
}

function renderMeta({ took_ms: took, answered, answers }) {
  const sources = new Set(answers.map((answer) => answer.article.id)).size;
  const time = took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`;
  return el("p", { class: "meta" }, answered ? `${time} · ${plural(sources, "article")}` : time);
}
