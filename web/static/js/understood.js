/** How a question was read, above its answer: chips for what was taken from the question and the conversation, and the filters. */

import { el, icon } from "./dom.js";
import { describeFilter } from "./filters.js";
import { plural } from "./text.js";

/**
 * @param {object} reply
 * @param {string[]} ignored  words that were taken away
 * @param {(changes: {ignore?: string[], undated?: "include"}) => void} askAgain  asks the same question with these fields
 * @returns {?Node}
 */
export function renderUnderstood({ question, understood = {}, undated_left_out: undated = 0 }, ignored, askAgain) {
  const { kept_from_conversation: kept = [], from_question: limits = [], filters = [] } = understood;
  const ofKind = (wanted) => limits.filter(({ kind }) => kind === wanted).map(({ text }) => text);
  const without = (text) => () => askAgain({ ignore: [...ignored, text] });
  const restore = (text) => () => askAgain({ ignore: ignored.filter((one) => one !== text) });
  const lines = [
    renderReading(question, understood.question),
    renderTerms("From the conversation", kept, (text) => renderChip(text, `Ask without “${text}”`, "close", without(text))),
    renderTerms("Time", ofKind("period"), (text) => renderChip(text, `Ask without “${text}”`, "close", without(text))),
    renderTerms("Source", ofKind("source"), (text) => renderChip(text, `Ask without “${text}”`, "close", without(text))),
    renderTerms("Not used", ignored, (text) => renderChip(text, `Use “${text}” again`, "again", restore(text))),
    filters.length > 0 ? renderFilters(filters) : null,
    undated > 0 ? renderUndated(undated, () => askAgain({ undated: "include" })) : null,
  ].filter((line) => line !== null);
  if (lines.length === 0) return null;
  return el("ul", { class: "understood", "aria-label": "How the question was read" }, ...lines);
}

const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** The question that was answered, where it has words that the asked one lacks. */
function renderReading(asked, read = asked) {
  const known = new Set(wordsOf(asked));
  if (wordsOf(read).every((word) => known.has(word))) return null;
  return el("li", {}, "Read as: ", el("b", { dir: "auto" }, read));
}

function renderTerms(label, terms, render) {
  return terms.length > 0 ? el("li", {}, `${label}: `, ...terms.flatMap((text) => [render(text), " "])) : null;
}

function renderChip(text, title, sign, onclick) {
  const look = sign === "close" ? "chip small" : "chip small unused";
  return el("button", { type: "button", class: look, title, "aria-label": title, onclick }, el("span", { dir: "auto" }, text), icon(sign));
}

function renderFilters(filters) {
  return el("li", {}, "Filters: ", el("b", { dir: "auto" }, filters.map(({ name, value }) => describeFilter(name, value)).join(" · ")));
}

function renderUndated(count, include) {
  const words = `${plural(count, "article")} without a date ${count === 1 ? "was" : "were"} left out`;
  return el("li", {}, `${words} · `, el("button", { type: "button", class: "link", onclick: include }, count === 1 ? "include it" : "include them"));
}
