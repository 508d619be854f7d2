/** The library: which articles there are, and how the index is. */

import * as api from "./api.js";
import { confirm } from "./dialogs.js";
import { announce, byId, el, icon, readPath } from "./dom.js";
import { showFailures, startFailures } from "./failures.js";
import { listFeeds, startFeeds } from "./feeds.js";
import { complain } from "./forms.js";
import { onStatus, refresh } from "./status.js";
import { startTabs } from "./tabs.js";
import { formatDate, formatMoment, formatNumber, plural } from "./text.js";

const PER_PAGE = 20;
let page = 1;

export function startLibrary() {
  for (const id of ["open-library", "count"]) byId(id).addEventListener("click", open);
  byId("newer").addEventListener("click", () => turnTo(page - 1));
  byId("older").addEventListener("click", () => turnTo(page + 1));
  byId("rebuild").addEventListener("click", rebuild);
  startTabs(byId("library"), showPart);
  startFeeds();
  startFailures();
  document.addEventListener("citeline:articles", () => byId("library").open && list());
  onStatus(showStatus);
  refresh().catch(() => {}); // the page says so when a question fails; here it would only be noise
}

function open() {
  page = 1;
  byId("library").showModal();
  byId("library-title").focus();
  list();
  look();
  showPart(byId("library").querySelector("[aria-selected=true]"));
}

/** Bring the part up to date that a tab shows. */
function showPart({ id }) {
  byId("library").scrollTop = 0;
  byId("about-index").hidden = id !== "tab-articles";
  if (id === "tab-feeds") listFeeds();
  if (id === "tab-failures") {
    showFailures(); // how long it is until the next try
    look();
  }
}

/** Ask for the status, and say so where there is none. */
async function look() {
  try {
    await refresh();
  } catch (error) {
    complain(byId("index-problem"), error.message);
  }
}

async function list() {
  complain(byId("library-error"), null);
  try {
    const found = await api.articles(page, PER_PAGE);
    if (found.articles.length === 0 && page > 1) await turnTo(page - 1);
    else showArticles(found);
  } catch (error) {
    complain(byId("library-error"), error.message);
  }
}

function turnTo(number) {
  page = number;
  byId("library").scrollTop = 0;
  return list();
}

function showArticles({ articles, total }) {
  const pages = Math.ceil(total / PER_PAGE);
  byId("articles").replaceChildren(...articles.map(renderArticle));
  byId("library-none").hidden = total > 0;
  byId("pager").hidden = pages < 2;
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
  byId("page-line").textContent = `Page ${formatNumber(page)} of ${formatNumber(pages)}`;
}

function renderArticle(article) {
  const facts = [article.published ? formatDate(article.published) : null, article.source].filter(Boolean).join(" · ");
  const remove = el("button", { type: "button", class: "button quiet square", "aria-label": `Delete ${article.title}`, title: "Delete" }, icon("trash"));
  const about = el("span", { class: "about", dir: "auto" }, facts === "" ? `Added ${formatMoment(article.added_at)}` : facts);
  const title = el("a", { href: readPath(article.id), dir: "auto" }, article.title);
  const node = el("li", {}, el("div", {}, title, about), remove);
  remove.addEventListener("click", () => removeArticle(article));
  return node;
}

async function removeArticle({ id, title }) {
  const text = `“${title}” will be deleted and stop answering at once. This can’t be undone.`;
  if (!(await confirm("Delete this article?", text, "Delete"))) return;
  try {
    await api.remove(id);
    announce(`“${title}” is deleted.`);
  } catch (error) {
    complain(byId("library-error"), error.message);
    return;
  }
  byId("library-title").focus();
  await Promise.all([list(), look()]);
}

async function rebuild() {
  byId("rebuild").disabled = true;
  complain(byId("index-problem"), null);
  try {
    await api.rebuild();
    await look();
  } catch (error) {
    byId("rebuild").disabled = false;
    complain(byId("index-problem"), error.message);
    if (error.status === 409) look(); // one is running already: show that one
  }
}

// The index

function showStatus(status) {
  const { articles, sentences, job, pending, problem } = status;
  byId("index-line").textContent =
    `${plural(articles, "article")}, ${plural(sentences, "sentence")}` + (pending > 0 ? `; ${formatNumber(pending)} waiting to be indexed` : "");
  const failed = job?.state === "failed" ? (job.error ?? "The last rebuild failed.") : null;
  complain(byId("index-problem"), problem ?? failed);
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
