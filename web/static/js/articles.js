/** The list of articles in the library, paged and filtered while typing. */

import * as api from "./api.js";
import { confirm } from "./dialogs.js";
import { editArticle } from "./edit.js";
import { announce, byId, el, icon, readPath } from "./dom.js";
import { showError } from "./forms.js";
import { formatPublished, formatMoment, formatNumber, plural } from "./text.js";

const PER_PAGE = 20;
const TYPING_MS = 150;
let page = 1;
let requests = 0;
let typing = null;
let refreshIndexState = async () => {};

/** @param {() => Promise<void>} refreshStatus  brings the state of the index up to date */
export function startArticles(refreshStatus) {
  refreshIndexState = refreshStatus;
  byId("newer").addEventListener("click", () => turnTo(page - 1));
  byId("older").addEventListener("click", () => turnTo(page + 1));
  byId("filter").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => turnTo(1), TYPING_MS);
  });
  byId("filter").addEventListener("keydown", onFilterKey);
  byId("library").addEventListener("keydown", onSlash);
  byId("show-all").addEventListener("click", showAll);
  document.addEventListener("citeline:articles", () => byId("library").open && list());
}

export function openArticles() {
  page = 1;
  byId("filter").value = "";
  list();
}

const filterWords = () => byId("filter").value.trim().slice(0, byId("filter").maxLength);

async function list() {
  showError(byId("library-error"), null);
  requests += 1;
  const turn = requests;
  const about = filterWords();
  try {
    const found = await api.articles(page, PER_PAGE, about);
    if (turn !== requests) return; // a newer request was sent
    if (found.articles.length === 0 && page > 1) await turnTo(page - 1);
    else showArticles(found, about);
  } catch (error) {
    if (turn === requests) showError(byId("library-error"), error.message);
  }
}

function turnTo(number) {
  page = number;
  byId("library").querySelector(".panel-body").scrollTop = 0;
  return list();
}

function showAll() {
  byId("filter").value = "";
  byId("filter").focus();
  turnTo(1);
}

/** Escape clears the filter; a second one closes the library. */
function onFilterKey(event) {
  if (event.key === "Enter") {
    clearTimeout(typing);
    turnTo(1);
  } else if (event.key === "Escape" && byId("filter").value !== "") {
    event.preventDefault();
    showAll();
  }
}

function onSlash(event) {
  const elsewhere = event.target.closest("input, textarea") || byId("panel-articles").hidden || byId("find").hidden;
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || elsewhere) return;
  event.preventDefault();
  byId("filter").select();
}

function showArticles({ articles, total }, about) {
  const pages = Math.ceil(total / PER_PAGE);
  byId("articles").replaceChildren(...articles.map(renderArticle));
  byId("find").hidden = total === 0 && about === "";
  byId("library-none").hidden = total > 0 || about !== "";
  byId("filter-none").hidden = total > 0 || about === "";
  byId("found").textContent = about === "" ? "" : resultText(total, about);
  byId("pager").hidden = pages < 2;
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
  byId("page-line").textContent = `Page ${formatNumber(page)} of ${formatNumber(pages)}`;
}

const resultText = (total, about) => (total === 0 ? `No article has “${about}” in its title or source.` : `${plural(total, "article")} found`);

function renderArticle(article) {
  const facts = [article.published ? formatPublished(article) : null, article.source].filter(Boolean).join(" · ");
  const remove = el("button", { type: "button", class: "button quiet square delete", "aria-label": `Delete ${article.title}`, title: "Delete" }, icon("trash"));
  const about = el("span", { class: "about", dir: "auto" }, facts === "" ? `Added ${formatMoment(article.added_at)}` : facts);
  const title = el("a", { href: readPath(article.id), dir: "auto" }, article.title);
  const change = el("button", { type: "button", class: "button quiet square edit", "aria-label": `Edit ${article.title}`, title: "Edit" }, icon("pencil"));
  const node = el("li", { "data-id": article.id }, el("div", {}, title, about), el("div", { class: "do" }, change, remove));
  change.addEventListener("click", () => edit(article));
  remove.addEventListener("click", () => removeArticle(article));
  return node;
}

async function edit(article) {
  const saved = await editArticle(article);
  if (saved === null) return;
  await Promise.all([list(), refreshIndexState()]);
  const again = document.querySelector(`#articles [data-id="${saved.id}"] .edit`);
  (again ?? byId("library-title")).focus();
  announce(`“${saved.title}” was saved.`);
}

async function removeArticle({ id, title }) {
  const text = `“${title}” will be deleted and stop answering at once. This can’t be undone.`;
  if (!(await confirm("Delete this article?", text, "Delete"))) return;
  try {
    await api.remove(id);
    for (const chip of document.querySelectorAll(".chip")) if (chip.dataset.article === id) chip.parentNode.remove();
    announce(`“${title}” was deleted.`);
  } catch (error) {
    showError(byId("library-error"), error.message);
    return;
  }
  byId("library-title").focus();
  await Promise.all([list(), refreshIndexState()]);
}
