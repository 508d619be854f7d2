/** Renders a reply of /ask. */

import { el, icon, externalLink, readPath, visuallyHidden } from "./dom.js";
import { formatDate, formatPublished, formatUnit, pieces, plural, confidenceInWords } from "./text.js";

const LONG = 60;
const MAX_COPIES = 5; // named; the rest is counted

/** @param {object} reply  what POST /ask returned @returns {Node} */
export function renderReply(reply) {
  if (isOnlyHint(reply)) return el("div", { class: "reply" }, el("p", { class: "hint alone" }, reply.hint));
  const body = reply.answered ? renderAnswers(reply.answers) : renderClosest(reply);
  return el("div", { class: "reply" }, ...body, renderMeta(reply));
}

/** What a screen reader says when the reply arrives. */
export function announcementText(reply) {
  if (isOnlyHint(reply)) return reply.hint;
  if (!reply.answered) return "The articles don’t say.";
  const [best] = reply.answers;
  const words = standApart(best) ? best.parts.map(({ text }) => text).join("; ") : best.text;
  const other = best.differs?.length ? ` Another report differs: ${best.differs[0].text}.` : "";
  return `${words.replace(/[.\s]+$/, "")}. ${confidenceInWords(best.confidence).words}.${other} From ${best.article.title}.`;
}

/** Whether a reply is only a hint: to small talk, or where there are no articles. */
function isOnlyHint({ answered, closest, hint }) {
  return !answered && Boolean(hint) && closest.length === 0;
}

function renderAnswers([best, ...others]) {
  if (others.length === 0) return [renderAnswer(best)];
  const summary = el("summary", {}, plural(others.length, "other possible answer"));
  return [renderAnswer(best), el("details", { class: "more" }, summary, ...others.map(renderAnswer))];
}

function renderAnswer(answer) {
  const apart = standApart(answer);
  const words = apart ? renderParts(answer.parts) : el("p", { class: isLong(answer.text) ? "words long" : "words" }, answer.text);
  const list = apart && isList(answer) ? { start: answer.parts[0].start, end: answer.parts.at(-1).end } : null;
  const quoted = list ?? answer.sentence;
  const marked = apart ? answer.parts.filter((part) => isIn(answer.article, quoted, part)).sort(byStart) : [answer];
  const others = apart && !list ? answer.parts.slice(1) : [];
  const isHere = (part) => part.article.id === answer.article.id;
  // Replies saved before an update have no `via`.
  const given = list ? undefined : answer.via?.find((one) => one.sentence.start !== answer.sentence.start);
  const whole = given ? answer.sentence : (answer.context ?? answer.sentence);
  const quote = renderQuote(pieces(whole, quoted, ...marked), answer.article);
  return el(
    "article",
    { class: "entry" },
    el("div", { class: "said", dir: "auto" }, isWhole(answer) && !apart ? null : words, renderConfidence(answer.confidence)),
    renderDates(answer),
    renderOtherValues(answer),
    renderAttribution(answer.attribution ?? null),
    renderMissing(answer.missing ?? []),
    renderTable(answer.table, quote.textContent),
    quote,
    given ? renderVia(given) : null,
    ...others.filter(isHere).flatMap((part) => renderPart(part, answer.sentence)),
    renderEvidence(answer.evidence ?? []),
    renderByline(answer.article, answer.place),
    renderAlso(answer.also ?? []), // replies saved before an update have none
    renderTools(answer),
    ...others
      .filter((part) => !isHere(part))
      .flatMap((part) => [...renderPart(part), renderByline(part.article, part.place), renderTools(part)]),
  );
}

const isList = ({ parts }) => parts.every(({ question }) => question === null);

/** Whether an answer has parts that its words don't hold; replies saved before an update have none. */
function standApart(answer) {
  return (answer.parts ?? []).some((part) => !isIn(answer.article, answer, part));
}

const byStart = (one, other) => one.start - other.start;

/** Whether a part stands inside a span of an article. */
const isIn = (article, { start, end }, part) => part.article.id === article.id && start <= part.start && part.end <= end;

const NUMBERED = /^\(?(\d{1,3}|[a-z])[.)]\s/i;

/** The items of a list, or each answer below its question. */
function renderParts(parts) {
  const items = parts.map(({ text, question }) => {
    if (question === null) return el("li", { class: NUMBERED.test(text) ? "numbered" : null }, text);
    return el("li", {}, el("span", { class: "part-of" }, question), " ", text);
  });
  return el("ul", { class: "words long parts" }, ...items);
}

/** The sentence of a part, unless that is the one `shown` already, and the sentence that answers where it is another. */
function renderPart(part, shown) {
  const given = part.via?.find((one) => one.sentence.start !== part.sentence.start);
  const isShown = part.sentence.start === shown?.start;
  return [isShown ? null : renderQuote(pieces(part.sentence, part.sentence, part), part.article), given ? renderVia(given) : null];
}

/** What days, months and the like the answer's own words mean that don't say their year: "Tuesday: March 3, 2026". */
function renderDates({ dates = [], start, end, text: whole }) {
  const lines = dates.flatMap(({ text, value, end_value: last, guess, ...span }) => {
    const values = [value, last].filter(Boolean);
    const words = values.map(formatUnit).filter(Boolean);
    if (words.length === 0 || span.start >= end || span.end <= start || text.includes(values.at(-1).slice(0, 4))) return [];
    const name = text === whole ? "" : `${text.replace(/\s+/g, " ")}: `;
    return [`${name}${guess ? "probably " : ""}${words.join(" to ")}`];
  });
  return lines.length > 0 ? el("p", { class: "resolved", dir: "auto" }, lines.join(" · ")) : null;
}

/** What other reports say, and how many say the same; replies saved before an update have neither. */
function renderOtherValues({ supersedes = [], differs = [], support = null }) {
  const lines = [
    ...differs.map((one) => renderOtherValue("Differs", one)),
    ...supersedes.map((one) => renderOtherValue("Earlier", one)),
    support && support.clusters > 1 ? el("li", {}, describeSupport(support)) : null,
  ].filter((line) => line !== null);
  return lines.length > 0 ? el("ul", { class: "other-values" }, ...lines) : null;
}

/** "Earlier: seven · 16 November 2026 · Gazette" */
function renderOtherValue(label, { article, sentence, ...span }) {
  const from = [article.published ? formatPublished(article) : null, article.source ?? article.title].filter(Boolean).join(" · ");
  const words = el("a", { href: readPath(article.id, span, sentence), title: sentence.text, dir: "auto" }, span.text);
  return el("li", {}, `${label}: `, words, ` · ${from}`);
}

/** "2 sources say this, the newest on 3 October 2026" */
function describeSupport({ sources, clusters, newest }) {
  const counted = sources > 1 ? plural(sources, "source") : plural(clusters, "article");
  return `${counted} say this${newest ? `, the newest on ${formatDate(newest)}` : ""}`;
}

function renderAttribution(reporter) {
  return reporter === null ? null : el("p", { class: "attribution" }, `Reported: ${reporter.text}`);
}

function renderMissing(questions) {
  if (questions.length === 0) return null;
  return el("p", { class: "missing" }, `The articles don’t say: ${questions.join(" ")}`);
}

/** What the question states and the passage lacks, or has perhaps of something else; nothing where it has all. */
function renderEvidence(conditions) {
  const evidence = conditions.filter(({ kind }) => kind !== "negation" && kind !== "order");
  const unmet = evidence.filter(({ met }) => met === false);
  const lines = [
    ["Not mentioned here: ", unmet.filter(({ kind }) => kind !== "counted noun")],
    ["Not the number of: ", unmet.filter(({ kind }) => kind === "counted noun")],
    ["Perhaps not about: ", evidence.filter(({ met }) => met === null)],
  ].filter(([, some]) => some.length > 0);
  if (lines.length === 0) return null;
  const parts = lines.map(([label, some]) => el("span", {}, label, el("b", { dir: "auto" }, some.map(({ text }) => text).join(", "))));
  return el("p", { class: "evidence" }, ...parts);
}

const isLong = (text) => Array.from(text).length > LONG;

/** Whether the answer is nearly its whole sentence and long, so that the sentence alone is shown. */
function isWhole({ text, sentence }) {
  return isLong(text) && sentence.text.length - text.length < 4;
}

function renderClosest(reply) {
  const entries = reply.closest.map((passage) =>
    el(
      "article",
      { class: "entry" },
      renderQuote(pieces(passage.context ?? passage, passage), passage.article),
      renderEvidence(passage.evidence ?? []),
      renderByline(passage.article),
      renderTools(passage),
    ),
  );
  return [
    el("p", { class: "unanswered" }, "The articles don’t say."),
    reply.hint ? el("p", { class: "hint" }, reply.hint) : null,
    entries.length > 0 ? el("p", { class: "lead" }, "Closest passages:") : null,
    el("div", { class: "closest" }, ...entries),
  ].filter((node) => node !== null);
}

function renderConfidence(confidence) {
  const { level, words } = confidenceInWords(confidence);
  const right = Math.min(99, Math.max(1, Math.round(confidence * 100))); // never 0 or 100
  const percent = `${right} in 100 answers like this one are right`;
  const dots = el("span", { class: "dots", "aria-hidden": "true" });
  for (let dot = 1; dot <= 4; dot += 1) dots.append(el("i", { class: dot <= level ? "on" : null }));
  return el("p", { class: "confidence", dir: "ltr", title: percent }, dots, words, visuallyHidden(` (${percent})`));
}

function renderQuote(parts, article) {
  const nodes = parts.map(({ kind, text }) => {
    if (kind === "answer") return el("mark", {}, text);
    return kind === "around" ? el("span", { class: "around" }, text) : text;
  });
  return el("blockquote", { class: "quote", dir: "auto", lang: article.language ?? null }, ...nodes);
}

/** The sentence that answers, where it has only a pronoun or a description for the name. */
function renderVia({ sentence, article, ...words }) {
  const quote = renderQuote(pieces(sentence, sentence, words), article);
  quote.classList.add("via");
  return quote;
}

/** The names of the row and the column of an answer from a table, and the header where the quote doesn't show it. */
function renderTable(table, quote) {
  if (!table) return null; // so in replies saved before an update
  const { header, row, column } = table;
  const names = [row, column].filter(Boolean).flatMap(({ text }, place) => {
    const name = el("span", { dir: "auto" }, text);
    return place === 0 ? [name] : [" · ", name];
  });
  const head = quote.includes(header.text) ? null : el("span", { class: "header", dir: "auto" }, header.text);
  return names.length > 0 || head ? el("p", { class: "cell" }, ...names, head) : null;
}

/** @param {?{page: ?number, heading: ?string}} [place]  none for what is no answer, and in replies saved before an update */
function renderByline(article, place) {
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

/** The near-duplicates of the article, by their source where they have one. */
function renderAlso(copies) {
  if (copies.length === 0) return null;
  const links = copies.slice(0, MAX_COPIES).flatMap(({ id, title, source }, place) => {
    const link = el("a", { href: readPath(id), title, dir: "auto" }, source ?? title);
    return place === 0 ? [link] : [", ", link];
  });
  const more = copies.length > MAX_COPIES ? ` and ${copies.length - MAX_COPIES} more` : null;
  return el("p", { class: "also" }, "Also in: ", ...links, more);
}

/** @param quote  an answer, a part of one or a sentence; replies saved before an update have no `link` */
function renderTools(quote) {
  const { article, sentence = quote, parts = [], via = [], link } = quote;
  const all = [...parts.flatMap((part) => [part, ...(part.via ?? [])]), ...via];
  const others = unique(all.filter((one) => one.article.id === article.id && !isIn(article, quote, one)));
  const sentences = unique([quote, ...others].map((one) => one.sentence ?? one));
  const read = el("a", { class: "read", href: readPath(article.id, quote, sentence, others) }, "Read in the article");
  return el("p", { class: "tools" }, read, externalLink(link ?? article.url, "Original"), copyButton(article, sentences));
}

/** Spans of an article, each once. */
const unique = (spans) => [...new Map(spans.map((span) => [`${span.start}-${span.end}`, span])).values()];

function copyButton(article, sentences) {
  const label = el("span", {}, "Copy");
  const button = el("button", { type: "button", class: "copy", title: "Copy the quote with its title and address" }, icon("copy"), label);
  button.addEventListener("click", async () => {
    const copied = await copy(asText(article, sentences));
    button.replaceChildren(icon(copied ? "check" : "alert"), label);
    label.textContent = copied ? "Copied" : "Copy failed";
    setTimeout(() => {
      button.replaceChildren(icon("copy"), label);
      label.textContent = "Copy";
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

function renderMeta({ took_ms: took, answered, answers }) {
  const sources = new Set(answers.map((answer) => answer.article.id)).size;
  const time = took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`;
  return el("p", { class: "meta" }, answered ? `Quoted from ${plural(sources, "article")}, found in ${time}` : `Searched in ${time}`);
}
