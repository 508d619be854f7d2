/** The library: its tabs and the state of the index. */

import * as api from "./api.js";
import { openArticles, startArticles } from "./articles.js";
import { byId, el } from "./dom.js";
import { showFailures, startFailures } from "./failures.js";
import { listFeeds, startFeeds } from "./feeds.js";
import { showError } from "./forms.js";
import { onStatus, refresh } from "./status.js";
import { startTabs } from "./tabs.js";
import { formatMoment, formatNumber, plural } from "./text.js";

export function startLibrary() {
  for (const id of ["open-library", "count"]) byId(id).addEventListener("click", open);
  byId("rebuild").addEventListener("click", rebuild);
  startTabs(byId("library"), showPart);
  startArticles(refreshStatus);
  startFeeds();
  startFailures();
  onStatus(showStatus);
  refresh().catch(() => {}); // a failing question shows the error; here it would only be noise
}

function open() {
  byId("library").showModal();
  byId("library-title").focus();
  openArticles();
  refreshStatus();
  showPart(byId("library").querySelector("[aria-selected=true]"));
}

/** Update the panel that a tab shows. */
function showPart({ id }) {
  byId("library").querySelector(".panel-body").scrollTop = 0;
  byId("about-index").hidden = id !== "tab-articles";
  if (id === "tab-feeds") listFeeds();
  if (id === "tab-failures") {
    showFailures(); // the times until the next try
    refreshStatus();
  }
}

/** Fetch the state of the index, and show the error where that fails. */
async function refreshStatus() {
  try {
    await refresh();
  } catch (error) {
    showError(byId("index-problem"), error.message);
  }
}

async function rebuild() {
  byId("rebuild").disabled = true;
  showError(byId("index-problem"), null);
  try {
    await api.rebuild();
    await refreshStatus();
  } catch (error) {
    byId("rebuild").disabled = false;
    showError(byId("index-problem"), error.message);
    if (error.status === 409) refreshStatus(); // one is running already: show it
  }
}

// The index

function showStatus(status) {
  const { articles, sentences, job, pending, problem } = status;
  byId("index-line").textContent =
    `${plural(articles, "article")}, ${plural(sentences, "sentence")}` + (pending > 0 ? `; ${formatNumber(pending)} waiting to be indexed` : "");
  const failed = job?.state === "failed" ? (job.error ?? "The last rebuild failed.") : null;
  showError(byId("index-problem"), problem ?? failed);
  showFacts(status);
  showJob(job?.state === "running" ? job : null);
  showCount(articles);
}

function showFacts({ model, generation, built_at: built, sources }) {
  const facts = [
    ["Built", built ? formatMoment(built) : "not yet"],
    ["Generation", generation === null ? "none" : formatNumber(generation)],
    ["Model", model],
    ...sources.filter(({ articles }) => articles > 0).map((source) => [source.name, countOf(source)]),
  ];
  byId("index-facts").replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

const countOf = ({ articles, pending }) =>
  plural(articles, "article") + (pending > 0 ? `, ${formatNumber(pending)} waiting to be indexed` : "");

function showJob(job) {
  byId("rebuild").disabled = job !== null;
  byId("index-job").hidden = job === null;
  if (job === null) return;
  const bar = byId("index-progress");
  const stage = job.stage ? job.stage[0].toUpperCase() + job.stage.slice(1) : "Working";
  byId("index-stage").textContent = job.total ? `${stage}: ${formatNumber(job.done)} of ${formatNumber(job.total)}` : `${stage}…`;
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  } else {
    bar.removeAttribute("value");
  }
}

/** The line under the question box. */
function showCount(articles) {
  byId("count").textContent = plural(articles, "article");
  document.querySelector(".below .some").hidden = articles === 0;
  document.querySelector(".below .none").hidden = articles > 0;
}
