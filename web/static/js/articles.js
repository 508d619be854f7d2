/** The table of articles: the server finds, filters, sorts and pages it; what is shown is part of the address. */

import * as api from "./api.js";
import { editArticle } from "./edit.js";
import { announce, byId, el, icon, readPath } from "./dom.js";
import { showError } from "./forms.js";
import { onStatus, refresh } from "./status.js";
import { formatDay, formatMoment, formatNumber, formatPublished, plural } from "./text.js";

const PER_PAGE = 50;
const TYPING_MS = 250;
const FILTERS = ["q", "source", "tag", "state", "published_from", "published_to"];
const DEFAULT_SORT = "added descending";
const DESCENDING_FIRST = ["added", "published"];

/** @type {Map<string, string>} the titles of the selected articles by their ids, on all pages */
const selected = new Map();
let shown = [];
let page = 1;
let sorting = DEFAULT_SORT;
let requests = 0;
let typing = null;
let undoable = [];

export function startArticles() {
  readAddress();
  const form = byId("list-form");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", onInput);
  byId("filter").addEventListener("keydown", onFilterKey);
  document.addEventListener("keydown", onSlash);
  byId("show-all").addEventListener("click", clearFilters);
  byId("more-filters").addEventListener("click", () => showMoreFilters(byId("more-filters").ariaExpanded === "false"));
  byId("sort-by").addEventListener("change", () => sortBy(byId("sort-by").value));
  for (const button of document.querySelectorAll(".sort")) button.addEventListener("click", () => sortByColumn(button.dataset.sort));
  byId("newer").addEventListener("click", () => turnTo(page - 1));
  byId("older").addEventListener("click", () => turnTo(page + 1));
  byId("select-all").addEventListener("change", selectPage);
  byId("deselect").addEventListener("click", deselect);
  byId("delete-selected").addEventListener("click", () => remove([...selected.keys()], [...selected.values()]));
  byId("restore-selected").addEventListener("click", () => restore([...selected.keys()]));
  byId("undo-delete").addEventListener("click", () => restore(undoable));
  byId("undo-close").addEventListener("click", () => {
    byId("undo").hidden = true;
    byId("filter").focus();
  });
  document.addEventListener("citeline:articles", () => list().then(showChoices));
  onStatus(({ pending }) => {
    if (pending === 0 && shown.some(({ state }) => state === "indexing")) list();
  });
  showMoreFilters(Object.keys(filters()).some((name) => name !== "q"));
  showChoices();
  return list();
}

// What is asked for

const fields = () => byId("list-form").elements;
const isDeleted = () => fields().state.value === "deleted";

/** The filters that are set, as the parameters of a request and of the address. */
function filters() {
  const set = FILTERS.map((name) => [name, fields()[name].value.trim()]).filter(([, value]) => value !== "");
  return Object.fromEntries(isDeleted() ? [["state", "deleted"]] : set);
}

/** Where the page is narrow, most filters are hidden until they are asked for. */
function showMoreFilters(shows) {
  byId("more-filters").ariaExpanded = String(shows);
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const name of FILTERS) {
    const value = query.get(name) ?? "";
    const field = fields()[name];
    if (field.tagName === "SELECT" && value !== "" && name !== "state") field.append(new Option(value, value));
    field.value = value;
  }
  const wanted = `${query.get("sort") ?? "added"} ${query.get("order") ?? ""}`.trim();
  sorting = isSorting(wanted) ? wanted : DEFAULT_SORT;
  page = Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1);
}

const isSorting = (value) => /^(added|published|title|source) (ascending|descending)$/.test(value);

function writeAddress() {
  const query = new URLSearchParams(filters());
  if (sorting !== DEFAULT_SORT) {
    const [sort, order] = sorting.split(" ");
    query.set("sort", sort);
    query.set("order", order);
  }
  if (page > 1) query.set("page", page);
  const search = query.size > 0 ? `?${query}` : "";
  history.replaceState(null, "", `${location.pathname}${search}${location.hash}`);
}

function onInput({ target }) {
  clearTimeout(typing);
  if (target.id === "sort-by") return;
  if (target.id === "filter") typing = setTimeout(() => turnTo(1), TYPING_MS);
  else turnTo(1);
}

/** Escape empties the field. */
function onFilterKey(event) {
  if (event.key === "Enter") {
    clearTimeout(typing);
    turnTo(1);
  } else if (event.key === "Escape" && byId("filter").value !== "") {
    event.preventDefault();
    clearTimeout(typing);
    byId("filter").value = "";
    turnTo(1);
  }
}

function onSlash(event) {
  const elsewhere = event.target.closest("input, textarea, select, dialog") || byId("panel-articles").hidden;
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || elsewhere) return;
  event.preventDefault();
  byId("filter").select();
}

function clearFilters() {
  byId("list-form").reset();
  byId("sort-by").value = sorting;
  byId("filter").focus();
  turnTo(1);
}

function sortBy(value) {
  sorting = value;
  return turnTo(1);
}

function sortByColumn(column) {
  const [sort, order] = sorting.split(" ");
  const first = DESCENDING_FIRST.includes(column) ? "descending" : "ascending";
  const turned = order === "ascending" ? "descending" : "ascending";
  sortBy(`${column} ${sort === column ? turned : first}`);
}

function turnTo(number) {
  page = number;
  return list();
}

// The list

async function list() {
  showError(byId("library-error"), null);
  requests += 1;
  const turn = requests;
  const asked = filters();
  writeAddress();
  try {
    const found = await (isDeleted() ? api.deletedArticles(page, PER_PAGE) : api.articles({ ...query(asked), page, per_page: PER_PAGE }));
    if (turn !== requests) return; // a newer request was sent
    if (found.articles.length === 0 && page > 1) await turnTo(Math.max(1, Math.ceil(found.total / PER_PAGE)));
    else showArticles(found, asked);
  } catch (error) {
    if (turn === requests) showError(byId("library-error"), error.message);
  }
}

function query(asked) {
  const [sort, order] = sorting.split(" ");
  return { ...asked, sort, order, ...(asked.q === undefined ? {} : { text: "true" }) };
}

function showArticles({ articles, total }, asked) {
  const isFiltered = Object.keys(asked).length > 0;
  const isEmpty = total === 0 && !isFiltered;
  const pages = Math.ceil(total / PER_PAGE);
  shown = articles;
  fillTable();
  byId("articles").hidden = total === 0;
  byId("library-none").hidden = !isEmpty;
  byId("library-restorable").hidden = true;
  if (isEmpty) offerDeleted(requests);
  byId("list-form").hidden = isEmpty;
  document.querySelector(".list-bar").hidden = isEmpty;
  byId("show-all").hidden = !isFiltered;
  for (const name of FILTERS) if (name !== "state") fields()[name].disabled = isDeleted();
  byId("found").textContent = foundText(total, isFiltered);
  byId("pager").hidden = pages < 2;
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
  byId("page-line").textContent = `Page ${formatNumber(page)} of ${formatNumber(pages)}`;
  showSorting();
  showSelection();
}

/** Offer the deleted articles of an empty library. */
async function offerDeleted(turn) {
  const total = await api.countDeleted().catch(() => 0);
  if (turn !== requests || total === 0) return;
  byId("library-restorable").hidden = false;
  byId("library-restorable").firstElementChild.textContent = `${plural(total, "deleted article")} can be restored`;
}

function foundText(total, isFiltered) {
  if (isDeleted()) return total === 0 ? "No deleted article can be restored." : `${plural(total, "deleted article")} can be restored`;
  if (total === 0 && isFiltered) return "No article matches. Clear the filters to see all.";
  return isFiltered ? `${plural(total, "article")} found` : plural(total, "article");
}

/** Show the rows anew; what had the focus keeps it, where it is still there. */
function fillTable() {
  const focused = document.activeElement?.closest("#articles tbody [data-do]");
  const place = focused && [focused.closest("tr").dataset.id, focused.dataset.do];
  byId("articles").tBodies[0].replaceChildren(...shown.map(isDeleted() ? renderDeleted : renderArticle));
  if (place) document.querySelector(`#articles [data-id="${place[0]}"] [data-do="${place[1]}"]`)?.focus();
}

function showSorting() {
  const [sort, order] = sorting.split(" ");
  byId("sort-by").value = sorting;
  if (byId("sort-by").value !== sorting) byId("sort-by").value = `${sort} ascending`;
  for (const button of document.querySelectorAll(".sort")) {
    const isSorted = button.dataset.sort === sort && !isDeleted();
    button.closest("th").setAttribute("aria-sort", isSorted ? order : "none");
    button.disabled = isDeleted();
  }
  byId("sort-by").disabled = isDeleted();
}

const cell = (name, ...children) => el("td", { role: "cell", class: name }, ...children);

function row(article, ...cells) {
  const box = el("input", { type: "checkbox", "data-do": "select", "aria-label": `Select ${article.title}` });
  box.checked = selected.has(article.id);
  box.addEventListener("change", () => {
    if (box.checked) selected.set(article.id, article.title);
    else selected.delete(article.id);
    showSelection();
  });
  return el("tr", { role: "row", "data-id": article.id }, cell("select", box), ...cells);
}

const button = (does, name, title, label, onclick) =>
  el("button", { type: "button", class: `button quiet square ${does}`, "data-do": does, "aria-label": `${label} ${title}`, title: label, onclick }, icon(name));

function renderArticle(article) {
  const { id, title, source, tags, added_at: added } = article;
  const link = el("a", { href: readPath(id), dir: "auto", "data-do": "read" }, title);
  const labels = tags.length === 0 ? null : el("span", { class: "tags", dir: "auto" }, tags.join(" · "));
  const published = article.published ? el("time", { datetime: article.published, title: formatPublished(article) }, (article.published_is_guess ? "about " : "") + formatDay(article.published)) : null;
  return row(
    article,
    cell("title", link, labels, stateOf(article)),
    cell("source", el("span", { dir: "auto" }, source ?? "")),
    cell("published", published),
    cell("added", el("time", { datetime: added, title: formatMoment(added) }, formatDay(added))),
    cell("do", button("edit", "pencil", title, "Edit", () => edit(article)), button("delete", "trash", title, "Delete", () => remove([id], [title]))),
  );
}

function stateOf({ state, problem }) {
  if (state === "indexing") return el("span", { class: "state" }, "Saved. Indexing…");
  return state === "problem" ? el("span", { class: "state bad" }, icon("alert"), problem) : null;
}

function renderDeleted(article) {
  const { id, title, source, published, deleted_at: deleted } = article;
  return row(
    article,
    cell("title", el("span", { class: "name", dir: "auto" }, title), el("span", { class: "state" }, `Deleted ${formatMoment(deleted)}`)),
    cell("source", el("span", { dir: "auto" }, source ?? "")),
    cell("published", published ? el("time", { datetime: published }, formatDay(published)) : null),
    cell("added"),
    cell("do", button("restore", "again", title, "Restore", () => restore([id]))),
  );
}

/** The sources and tags to choose from. */
async function showChoices() {
  const [sources, tags] = await Promise.all([api.sources(), api.tags()]).catch(() => [{ sources: [] }, { tags: [] }]);
  for (const [name, found] of [["source", sources.sources], ["tag", tags.tags]]) {
    const field = fields()[name];
    const chosen = field.value;
    const names = found.map((one) => one.name);
    if (chosen !== "" && !names.includes(chosen)) names.unshift(chosen);
    field.replaceChildren(field.options[0], ...names.map((one) => new Option(one, one)));
    field.value = chosen;
  }
}

// The selection

function selectPage() {
  const { checked } = byId("select-all");
  for (const { id, title } of shown) {
    if (checked) selected.set(id, title);
    else selected.delete(id);
  }
  for (const box of document.querySelectorAll("#articles td.select input")) box.checked = checked;
  showSelection();
}

function deselect() {
  selected.clear();
  for (const box of document.querySelectorAll("#articles td.select input")) box.checked = false;
  showSelection();
  byId("select-all").focus();
}

function showSelection() {
  const here = shown.filter(({ id }) => selected.has(id)).length;
  byId("select-all").checked = here > 0 && here === shown.length;
  byId("select-all").indeterminate = here > 0 && here < shown.length;
  byId("selection").hidden = selected.size === 0;
  byId("delete-selected").hidden = isDeleted();
  byId("restore-selected").hidden = !isDeleted();
  byId("delete-selected").lastChild.textContent = `Delete ${formatNumber(selected.size)}`;
  byId("restore-selected").lastChild.textContent = `Restore ${formatNumber(selected.size)}`;
}

// Changes

async function edit(article) {
  const saved = await editArticle(article);
  if (saved === null) return;
  await Promise.all([list(), refresh()]).catch(() => {});
  const again = document.querySelector(`#articles [data-id="${saved.id}"] .edit`);
  (again ?? byId("filter")).focus();
  announce(`“${saved.title}” was saved.`);
  showChoices();
}

/** Delete articles at once; "Undo" brings them back. */
async function remove(ids, titles) {
  await changing(async () => {
    undoable = await api.removeArticles(ids);
    const text = undoable.length === 1 ? `“${titles[0]}” was deleted.` : `${plural(undoable.length, "article")} were deleted.`;
    byId("undo-text").textContent = text;
    byId("undo").hidden = false;
    byId("undo-delete").focus();
    announce(`${text} Undo is possible.`);
  });
}

async function restore(ids) {
  await changing(async () => {
    const restored = await api.restoreArticles(ids);
    byId("undo").hidden = true;
    announce(`${plural(restored.length, "article")} restored. Indexing…`);
    byId("filter").focus();
  });
}

async function changing(act) {
  showError(byId("library-error"), null);
  try {
    await act();
  } catch (error) {
    showError(byId("library-error"), error.message);
    return;
  }
  selected.clear();
  await Promise.all([list(), refresh()]).catch(() => {});
  showChoices();
}
