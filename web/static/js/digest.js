/** What is read from top to bottom: news, newest first, the sentences of a summary, and what the library has. */

import { el, readPath } from "./dom.js";
import { renderByline, renderQuote, renderTools } from "./quote.js";
import { formatPublished } from "./text.js";

/** Whether answers are a digest: dated sentences of several articles, or sentences of one in their order; else null. */
export function kindOfDigest(answers) {
  const areSentences = answers.length > 1 && answers.every(({ text, sentence }) => text === sentence.text);
  if (!areSentences) return null;
  const days = answers.map(({ article }) => article.published);
  const articles = new Set(answers.map(({ article }) => article.id));
  const isOrdered = (follows) => answers.every((answer, place) => place === 0 || follows(answers[place - 1], answer));
  if (articles.size === 1) return isOrdered((one, other) => one.end <= other.start) ? "summary" : null;
  return articles.size === answers.length && days.every(Boolean) && isOrdered((one, other) => one.article.published >= other.article.published) ? "news" : null;
}

/** @param {"news"|"summary"} kind @param {object[]} answers */
export const renderDigest = (kind, answers) => (kind === "news" ? renderNews(answers) : renderSummary(answers));

/** What reports tell, each with its day and its source. */
function renderNews(answers) {
  const items = answers.map((answer) => {
    const { article, sentence } = answer;
    const read = el("a", { href: readPath(article.id, sentence), title: "Read in the article" }, article.source ?? article.title);
    const quote = el("blockquote", { dir: "auto" }, sentence.text);
    return el("li", {}, el("p", { class: "day" }, formatPublished(article)), quote, el("p", { class: "from", dir: "auto" }, read));
  });
  return el("ol", { class: "news" }, ...items);
}

/** Sentences of one article, in their order. */
function renderSummary(answers) {
  const [first, ...rest] = answers;
  const quotes = answers.map(({ sentence, article }) => renderQuote([{ kind: "sentence", text: sentence.text }], article));
  return el("article", { class: "entry summary" }, ...quotes, renderByline(first.article), renderTools({ ...first, parts: rest }));
}

/** The reply to a question about the library, with links to the articles that it names. */
export function renderLibrary({ text, articles = [] }) {
  const links = articles.map((article) => {
    const from = [article.published ? formatPublished(article) : null, article.source].filter(Boolean).join(" · ");
    return el("li", {}, el("a", { href: readPath(article.id), dir: "auto" }, article.title), el("p", { class: "from", dir: "auto" }, from));
  });
  const list = links.length > 0 ? el("ul", { class: "named" }, ...links) : null;
  return el("div", { class: "library" }, el("p", { class: "words long", dir: "auto" }, text), list);
}
