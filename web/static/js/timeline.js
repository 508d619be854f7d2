/** How the answer to a question changed: each value with its first and last day, and its article. */

import { el, readPath, spinner } from "./dom.js";
import { formatDay } from "./text.js";

/** @param {() => Promise<object[]>} load  returns the `timeline` of a reply @returns {Node} */
export function renderHistory(load) {
  const body = el("div", { class: "history-body", "aria-live": "polite" });
  const details = el("details", { class: "history" }, el("summary", {}, "How it changed"), body);
  details.addEventListener("toggle", async () => {
    if (!details.open || body.querySelector("ol") !== null) return;
    body.replaceChildren(el("p", { class: "waiting" }, spinner(), "Reading the reports…"));
    try {
      body.replaceChildren(renderTimeline(await load()));
    } catch (error) {
      body.replaceChildren(el("p", {}, error.message)); // it is asked for again when it is opened again
    }
  });
  return details;
}

function renderTimeline(entries) {
  if (entries.length === 0) return el("p", { class: "waiting" }, "The articles give no earlier value.");
  return el("ol", { class: "timeline" }, ...entries.map(renderEntry));
}

function renderEntry({ answer, first, last }) {
  const { article, sentence, ...span } = answer;
  const read = el("a", { href: readPath(article.id, span, sentence), title: sentence.text, dir: "auto" }, span.text);
  const from = [article.title, article.source].filter(Boolean).join(" · ");
  return el("li", {}, el("span", { class: "days" }, formatDays(first, last)), el("span", { class: "value" }, read), el("span", { class: "from", dir: "auto" }, from));
}

/** "Mar 3, 2026", or "Mar 3 – Mar 4, 2026" */
function formatDays(first, last) {
  if (first.slice(0, 10) === last.slice(0, 10)) return formatDay(first);
  return `${formatDay(first, last)} – ${formatDay(last)}`;
}
