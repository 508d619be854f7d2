/** A quote: its sentence, its article, and the tools to read it there, open the original and copy it. */

import * as api from "./api.js";
import { announce, el, externalLink, icon, readPath } from "./dom.js";
import { formatPublished } from "./text.js";

/** @param {{kind: string, text: string}[]} parts  what `pieces` returned */
export function renderQuote(parts, article) {
  const nodes = parts.map(({ kind, text }) => {
    if (kind === "answer") return el("mark", {}, text);
    return kind === "around" ? el("span", { class: "around" }, text) : text;
  });
  return el("blockquote", { class: "quote", dir: "auto", lang: article.language ?? null }, ...nodes);
}

/** @param {?{page: ?number, heading: ?string}} [place]  none for what is no answer, and in replies saved before an update */
export function renderByline(article, place) {
  const { title, published, source } = article;
  return el(
    "p",
    { class: "byline" },
    el("cite", { class: "title", dir: "auto" }, title),
    place ? el("span", { class: "place" }, ...placeNames(place)) : null,
    published ? el("time", { datetime: published }, formatPublished(article)) : null,
    source ? el("span", { dir: "auto" }, source) : null,
  );
}

/** "p. 7 · Leave" */
function placeNames({ page, heading }) {
  const name = heading === null ? null : el("span", { dir: "auto" }, heading);
  if (page === null) return [name];
  return name ? [`p. ${page} · `, name] : [`p. ${page}`];
}

/** @param quote  an answer, a part of one or a sentence; replies saved before an update have no `link` */
export function renderTools(quote) {
  const { article, sentence = quote, parts = [], via = [], link } = quote;
  const all = [...parts.flatMap((part) => [part, ...(part.via ?? [])]), ...via];
  const others = unique(all.filter((one) => one.article.id === article.id && !isIn(article, quote, one)));
  const sentences = unique([quote, ...others].map((one) => one.sentence ?? one));
  const read = el("a", { class: "read", href: readPath(article.id, quote, sentence, others) }, "Read in the article");
  return el("p", { class: "tools" }, read, externalLink(link ?? article.url, "Original"), copyButton(article, sentences), citeButtons(article, sentences));
}

/** Whether a part stands inside a span of an article. */
export const isIn = (article, { start, end }, part) => part.article.id === article.id && start <= part.start && part.end <= end;

/** Spans of an article, each once. */
const unique = (spans) => [...new Map(spans.map((span) => [`${span.start}-${span.end}`, span])).values()];

function copyButton(article, sentences) {
  return buttonThatCopies("Copy", "Copy the quote with its title and address", () => asText(article, sentences));
}

const CITATION_FORMATS = { Markdown: "markdown", BibTeX: "bibtex", RIS: "ris", "CSL-JSON": "csl-json" };

/** The quote as a citation in formats that other programs read. */
function citeButtons(article, sentences) {
  const buttons = Object.entries(CITATION_FORMATS).map(([name, format]) =>
    buttonThatCopies(name, `Copy the quote as ${name}`, () => api.citation(article.id, format, sentences)),
  );
  return el("details", { class: "cite" }, el("summary", {}, "Cite"), el("span", { class: "formats" }, ...buttons));
}

/** @param {() => string|Promise<string>} textOf */
export function buttonThatCopies(name, title, textOf) {
  const label = el("span", {}, name);
  const button = el("button", { type: "button", class: "copy", title }, icon("copy"), label);
  button.addEventListener("click", async () => {
    const copied = await Promise.resolve(textOf()).then(copy, () => false);
    button.replaceChildren(icon(copied ? "check" : "alert"), label);
    label.textContent = copied ? "Copied" : "Copy failed";
    announce(label.textContent);
    setTimeout(() => {
      button.replaceChildren(icon("copy"), label);
      label.textContent = name;
    }, 1800);
  });
  return button;
}

function asText(article, sentences) {
  const { title, published, source, url } = article;
  const from = [title, published ? formatPublished(article) : null, source].filter(Boolean).join(", ");
  const quotes = sentences.map(({ text }) => `“${text.trim()}”`);
  return [...quotes, `— ${from}`, url].filter(Boolean).join("\n");
}

/** Copy, also over plain http from another machine, where browsers have no clipboard. */
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
