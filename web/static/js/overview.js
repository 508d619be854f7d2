/** What is read from top to bottom: news, newest first, the sentences of a summary, and what the library has. */

import { el, readPath } from "./dom.js";
import { renderByline, renderQuote, renderTools } from "./quote.js";
import { formatPublished } from "./text.js";

/** @param {"news"|"statements"|"summary"} kind @param {object[]} answers */
export const renderOverview = (kind, answers) => (kind === "summary" ? renderSummary(answers) : renderNews(answers));

/** What reports tell, each with its day and its source. */
function renderNews(answers) {
  const items = answers.map((answer) => {
    const { article, sentence, text } = answer;
    const read = el("a", { href: readPath(article.id, answer, sentence), title: "Read in the article" }, article.source ?? article.title);
    const quote = el("blockquote", { dir: "auto" }, text);
    const day = article.published ? formatPublished(article) : "Undated";
    return el("li", {}, el("p", { class: "day" }, day), quote, el("p", { class: "from", dir: "auto" }, read));
  });
  return el("ol", { class: "news" }, ...items);
}

/** Sentences of one article, in their order. */
function renderSummary(answers) {
  const [first, ...rest] = answers;
  const quotes = answers.map(({ text, article }) => renderQuote([{ kind: "sentence", text }], article));
  return el("article", { class: "entry summary" }, ...quotes, renderByline(first.article), renderTools({ ...first, parts: rest }));
}

/** The reply to a question about the library; the articles that it names are links. */
export function renderLibrary({ text, articles = [] }) {
  let nodes = [text];
  for (const { id, title } of articles) {
    const at = nodes.findIndex((node) => typeof node === "string" && node.includes(title));
    if (at === -1) continue;
    const [before, ...after] = nodes[at].split(title);
    nodes = nodes.toSpliced(at, 1, before, el("a", { href: readPath(id), dir: "auto" }, title), after.join(title));
  }
  return el("p", { class: "words long library", dir: "auto" }, ...nodes);
}
