/** The library: its tabs, one of which the address names, and the state of the index. */

import { startAdd } from "./add.js";
import * as api from "./api.js";
import { startArticles } from "./articles.js";
import { askForToken } from "./dialogs.js";
import { byId, el } from "./dom.js";
import { showFailures, startFailures } from "./failures.js";
import { listFeeds, startFeeds } from "./feeds.js";
import { showError } from "./forms.js";
import { onStatus, refresh } from "./status.js";
import { selectTab, startTabs } from "./tabs.js";
import { formatMoment, formatNumber, plural } from "./text.js";

function startLibrary() {
  byId("rebuild").addEventListener("click", rebuild);
  byId("library-follow").addEventListener("click", () => {
    openPart("feeds");
    byId("add-feed").elements.url.focus();
  });
  startTabs(byId("main"), showPart);
  startArticles();
  startFeeds();
  startFailures();
  onStatus(showStatus);
  openPart(location.hash.slice(1));
  addEventListener("hashchange", () => openPart(location.hash.slice(1)));
  refreshStatus();
}

/** Open the tab of a name: articles, feeds or problems. */
function openPart(name) {
  const tab = byId(`tab-${name === "problems" ? "failures" : name}`);
  if (tab === null) return;
  selectTab(tab);
  showPart(tab);
}

/** Update the panel that a tab shows, and the address. */
function showPart({ id }) {
  const name = id === "tab-failures" ? "problems" : id.replace("tab-", "");
  const hash = name === "articles" ? "" : `#${name}`;
  if (location.hash !== hash) history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
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
  const waits = pending > 0 ? `. Indexing ${formatNumber(pending)}…` : articles > 0 ? ". Ready to answer." : ".";
  byId("index-line").textContent = `${plural(articles, "article")}, ${plural(sentences, "sentence")}${waits}`;
  const failed = job?.state === "failed" ? (job.error ?? "The last rebuild failed.") : null;
  showError(byId("index-problem"), problem ?? failed);
  showFacts(status);
  showJob(job?.state === "running" ? job : null);
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

api.onTokenNeeded(askForToken);
startAdd();
startLibrary();
