/** The list of files, feeds and entries that failed, with the reason and what to do. */

import { byId, el, externalLink } from "./dom.js";
import { onStatus } from "./status.js";
import { formatDistance, formatNumber, withoutName } from "./text.js";

const GROUPS = [
  ["Articles folder", ["folder", "file"]],
  ["Feeds", ["feed"]],
  ["Pages of feeds", ["entry"]],
];
let sources = [];
let known = "";

export function startFailures() {
  onStatus((status) => {
    sources = status.sources;
    const now = JSON.stringify(sources.map(({ failed, failures }) => [failed, failures]));
    if (now !== known) showFailures();
    known = now;
  });
}

export function showFailures() {
  const total = sources.reduce((sum, { failed }) => sum + failed, 0);
  byId("failures-count").textContent = formatNumber(total);
  byId("failures-count").hidden = total === 0;
  byId("failures-none").hidden = total > 0;
  const failures = sources.flatMap((source) => source.failures);
  const groups = GROUPS.map(([title, kinds]) => [title, failures.filter(({ kind }) => kinds.includes(kind))]);
  const sections = groups.filter(([, found]) => found.length > 0).map(([title, found]) => group(title, found));
  const more = total - failures.length;
  const rest = more > 0 ? [el("p", { class: "about" }, `and ${formatNumber(more)} more`)] : [];
  byId("failures").replaceChildren(...sections, ...rest);
}

/** A group of failures; advice is shown once, above the failures that share it. */
function group(title, failures) {
  const advices = [...new Set(failures.map(({ advice }) => advice))];
  const lists = advices.flatMap((advice) => [
    el("p", { class: "about" }, advice),
    el("ul", {}, ...failures.filter((failure) => failure.advice === advice).map(line)),
  ]);
  return el("section", { class: "failures" }, el("h3", {}, title), ...lists);
}

function line({ name, problem, again_at: again, link, feed, kind }) {
  const linked = kind === "entry" ? externalLink(link, name) : null;
  const heading = el("p", { class: "name", dir: "auto" }, linked ?? name, feed === null ? null : el("span", { class: "about" }, ` · ${feed}`));
  const next = again === null ? null : el("p", { class: "about" }, `Next try ${formatDistance(again)}.`);
  return el("li", {}, heading, el("p", { class: "why" }, withoutName(withoutName(problem, name), link)), next);
}
