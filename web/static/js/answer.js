/** Renders a reply of /ask. */

import { el, readPath, visuallyHidden } from "./dom.js";
import { renderFeedback } from "./feedback.js";
import { renderLibrary, renderOverview } from "./overview.js";
import { isIn, renderByline, renderQuote, renderTools } from "./quote.js";
import { confidenceInWords, formatUnit, pieces, plural } from "./text.js";
import { renderHistory } from "./timeline.js";
import { renderOrigin, renderOtherValues } from "./values.js";

const LONG = 60;
const MAX_COPIES = 5; // named; the rest is counted

/**
 * @param {object} reply  what POST /ask returned
 * @param {() => Promise<object[]>} loadTimeline  asks the question again for its `timeline`
 * @returns {Node}
 */
export function renderReply(reply, loadTimeline) {
  if (reply.library) return el("div", { class: "reply" }, renderLibrary(reply.library));
  if (isOnlyHint(reply)) return el("div", { class: "reply" }, el("p", { class: "hint alone" }, reply.hint));
  const body = reply.answered ? renderAnswers(reply, loadTimeline) : renderClosest(reply);
  return el("div", { class: "reply" }, ...body, renderMeta(reply));
}

/** What a screen reader says when the reply arrives. */
export function announcementText(reply) {
  if (reply.library) return reply.library.text;
  if (isOnlyHint(reply)) return reply.hint;
  if (!reply.answered) return ["The articles don’t say.", reply.hint].filter(Boolean).join(" ");
  if (reply.understood?.overview) return `${plural(reply.answers.length, "sentence")}. ${reply.answers[0].text}`;
  const [best] = reply.answers;
  const words = standApart(best) ? best.parts.map(({ text }) => text).join("; ") : best.text;
  const differs = best.differs?.length ? ` Another report differs: ${best.differs[0].text}.` : "";
  const earlier = best.supersedes?.length ? ` Earlier: ${best.supersedes[0].text}.` : "";
  return `${words.replace(/[.\s]+$/, "")}. ${confidenceInWords(best.confidence).words}.${differs}${earlier} From ${best.article.title}.`;
}

/** Whether a reply is only a hint: to small talk, or where there are no articles. */
export function isOnlyHint({ answered, closest, hint, library }) {
  return !answered && !library && Boolean(hint) && closest.length === 0;
}

function renderAnswers(reply, loadTimeline) {
  const { answers, understood, may_have_history: mayChange } = reply;
  if (understood?.overview) return [renderOverview(understood.overview, answers)]; // replies saved before an update have none
  const [best, ...others] = answers;
  const history = mayChange || best.supersedes?.length ? renderHistory(loadTimeline) : null;
  const first = renderAnswer(reply, best, history);
  if (others.length === 0) return [first];
  const summary = el("summary", {}, plural(others.length, "other possible answer"));
  return [first, el("details", { class: "more" }, summary, ...others.map((other) => renderAnswer(reply, other)))];
}

function renderAnswer(reply, answer, history = null) {
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
    el("div", { class: "said", dir: "auto" }, isWhole(answer) && !apart ? null : words, renderOrigin(answer), renderConfidence(answer.confidence)),
    renderDates(answer),
    renderOtherValues(answer),
    history,
    renderAttribution(answer.attribution ?? null),
    renderMissing(answer.missing ?? []),
    renderTable(answer.table, quote.textContent),
    quote,
    given ? renderVia(given) : null,
    ...others.filter(isHere).flatMap((part) => renderPart(part, answer.sentence)),
    renderEvidence(answer.evidence ?? []),
    renderByline({ ...answer.article, published: null, source: null }, answer.place),
    renderAlso(answer.also ?? []), // replies saved before an update have none
    renderTools(answer),
    ...others
      .filter((part) => !isHere(part))
      .flatMap((part) => [...renderPart(part), renderByline(part.article, part.place), renderTools(part)]),
    renderFeedback(reply, answer),
  );
}

const isList = ({ parts }) => parts.every(({ question }) => question === null);

/** Whether an answer has parts that its words don't hold; replies saved before an update have none. */
function standApart(answer) {
  return (answer.parts ?? []).some((part) => !isIn(answer.article, answer, part));
}

const byStart = (one, other) => one.start - other.start;

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
    const name = text === whole ? "that is " : `${text.replace(/\s+/g, " ")}: `;
    return [`${name}${guess ? "probably " : ""}${words.join(" to ")}`];
  });
  return lines.length > 0 ? el("p", { class: "resolved", dir: "auto" }, lines.join(" · ")) : null;
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
  const hint = reply.hint ? el("span", { class: "hint", dir: "auto" }, ` ${reply.hint}`) : null;
  const summary = el("summary", {}, plural(entries.length, "closest passage"));
  return [
    el("p", { class: "unanswered" }, el("span", { class: "says" }, "The articles don’t say."), hint),
    entries.length > 0 ? el("details", { class: "more closest" }, summary, ...entries) : null,
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

function renderMeta({ took_ms: took, answered, answers }) {
  const sources = new Set(answers.map((answer) => answer.article.id)).size;
  const time = took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`;
  return el("p", { class: "meta" }, answered ? `Quoted from ${plural(sources, "article")}, found in ${time}` : `Searched in ${time}`);
}
