/** Where the value that answers comes from, and what other reports say instead. */

import { el, readPath } from "./dom.js";
import { formatDay, formatPublished, plural } from "./text.js";

/** Date and source of the answer, beside its words: "March 4, 2026 · Coast Radio"; how many say so where several do. */
export function renderOrigin({ article, support = null, dates = [], start, end }) {
  const several = support !== null && support.clusters > 1; // replies saved before an update have no support
  const isDate = dates.some((date) => date.start < end && start < date.end && /^\d{4}/.test(date.value ?? ""));
  const date = article.published ? `${isDate ? "published " : ""}${formatPublished(article)}` : null;
  const lines = [date, article.source, several ? describeSupport(support, article.published) : null].filter(Boolean);
  return lines.length > 0 ? el("p", { class: "origin", dir: "ltr" }, ...lines.map((line) => el("span", {}, el("bdi", {}, line)))) : null;
}

/** "2 sources", "3 articles, newest Oct 3" */
function describeSupport({ sources, clusters, newest }, published) {
  const counted = sources > 1 ? plural(sources, "source") : plural(clusters, "article");
  return newest && newest.slice(0, 10) !== published?.slice(0, 10) ? `${counted}, newest ${formatDay(newest, published)}` : counted;
}

/** What other reports of the same time say, then what older ones said; replies saved before an update have neither. */
export function renderOtherValues({ supersedes = [], differs = [], article: { published } }) {
  const lines = [
    ...differs.map((one) => renderOtherValue("differs", one, published)),
    ...supersedes.map((one) => renderOtherValue("earlier", one, published)),
  ];
  return lines.length > 0 ? el("ul", { class: "other-values" }, ...lines) : null;
}

/** "earlier: seven (Nov 16, Gazette)", with the year where that is another one than that of the answer */
function renderOtherValue(label, { article, sentence, support = null, ...span }, since) {
  const day = article.published ? formatDay(article.published, since) : null;
  const counted = support && support.clusters > 1 ? describeSupport(support, article.published) : null;
  const from = [counted, day, article.source ?? article.title].filter(Boolean).join(", ");
  const words = el("a", { href: readPath(article.id, span, sentence), title: sentence.text, dir: "auto" }, span.text);
  return el("li", { class: label }, `${label}: `, words, " ", el("span", { dir: "auto" }, `(${from})`));
}
