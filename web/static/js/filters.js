/** Filters: which articles may answer. They are kept in this tab, sent with each question and part of its address. */

import * as api from "./api.js";
import { byId, el, icon, visuallyHidden } from "./dom.js";
import { showFormError } from "./forms.js";
import { formatDay, formatNumber } from "./text.js";

const STORAGE_KEY = "citeline.filters";
const MANY_SOURCES = 10; // from so many on they can be searched
const DATES = ["published_from", "published_to", "as_of"];
const ONE_VALUED = [...DATES, "language", "undated"];
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "code" }); // the text around it is English

/** @type {{source?: string[], published_from?: string, published_to?: string, as_of?: string, language?: string, undated?: "include"}} */
let active = {};
let applied = () => {};

export function startFilters() {
  active = stored();
  byId("open-filters").addEventListener("click", () => openFilters());
  byId("clear-filters").addEventListener("click", () => {
    byId("filters-form").reset();
    showFormError(byId("filters-form"), "");
  });
  byId("find-source").addEventListener("input", findSource);
  byId("filters-form").addEventListener("submit", apply);
  showActive();
}

/** The filters as fields of a request. */
export const activeFilters = () => structuredClone(active);

/** The address of a question with its filters, which asks it again wherever it is opened. */
export function addressOf(question, fields) {
  const query = new URLSearchParams({ q: question });
  for (const name of ["source", ...ONE_VALUED]) for (const value of [fields[name] ?? []].flat()) query.append(name, value);
  return `/?${query}`;
}

/** Take over the filters of an address. */
export function applyFiltersOf(search) {
  const query = new URLSearchParams(search);
  const sources = query.getAll("source").filter((name) => name.trim() !== "");
  const given = sources.length > 0 ? { source: [...new Set(sources)] } : {};
  for (const name of ONE_VALUED) {
    const value = query.get(name)?.trim();
    if (value) given[name] = value;
  }
  change(given);
}

/** A filter in words: `name` and `value` are those of a request. */
export function describeFilter(name, value) {
  if (name === "published_from") return `From ${formatDay(value)}`;
  if (name === "published_to") return `Until ${formatDay(value)}`;
  if (name === "as_of") return `As of ${formatDay(value)}`;
  if (name === "undated") return "With undated articles";
  if (name === "article") return "One article";
  return name === "language" ? nameOfLanguage(value) : value;
}

function nameOfLanguage(tag) {
  try {
    return languages.of(tag);
  } catch {
    return tag; // no BCP 47 tag: the server says so
  }
}

/** Open the dialog. @param {() => void} [then]  is called when filters are applied */
export async function openFilters(then = () => {}) {
  applied = then;
  const form = byId("filters-form");
  form.reset();
  showFormError(form, "");
  for (const name of [...DATES, "language"]) form.elements[name].value = active[name] ?? "";
  form.elements.undated.checked = active.undated === "include";
  showSources([], "Loading…");
  byId("filters").showModal();
  try {
    showSources((await api.sources()).sources, "No article names its source.");
  } catch (error) {
    showSources([], error.message);
  }
}

/** List the sources, first those chosen that no article has any more. */
function showSources(found, none) {
  const chosen = active.source ?? [];
  const deleted = chosen.filter((name) => !found.some((source) => source.name === name)).map((name) => ({ name, articles: 0 }));
  const all = [...deleted, ...found];
  byId("source-list").replaceChildren(...all.map((source) => renderSource(source, chosen.includes(source.name))));
  byId("no-sources").textContent = all.length === 0 ? none : "";
  byId("find-source").hidden = all.length < MANY_SOURCES;
}

function renderSource({ name, articles }, checked) {
  const box = el("input", { type: "checkbox", name: "source", value: name });
  box.checked = checked; // the attribute would be what a reset of the form returns to
  const count = el("span", { class: "count" }, formatNumber(articles), visuallyHidden(articles === 1 ? " article" : " articles"));
  return el("li", {}, el("label", { class: "check" }, box, el("span", { dir: "auto" }, name), count));
}

function findSource({ target }) {
  const wanted = target.value.trim().toLowerCase();
  for (const item of byId("source-list").children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
}

function apply(event) {
  event.preventDefault();
  const form = byId("filters-form");
  const fields = new FormData(form);
  const given = fields.has("source") ? { source: fields.getAll("source") } : {};
  for (const name of [...DATES, "language"]) {
    const value = fields.get(name).trim();
    if (value !== "") given[name] = value;
  }
  if (given.published_from > given.published_to) {
    showFormError(form, "The first day is after the last one.");
    form.elements.published_from.focus();
    return;
  }
  if (fields.has("undated")) given.undated = "include";
  change(given);
  byId("filters").close();
  applied();
}

export function clearFilters() {
  change({});
}

function change(filters) {
  active = filters;
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(active));
  } catch {
    // no storage: they last as long as the page
  }
  showActive();
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY)) ?? {};
  } catch {
    return {};
  }
}

/** Show the active filters as chips that remove them. */
function showActive() {
  const all = Object.entries(active).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  byId("active-filters").replaceChildren(...all.map(([name, value]) => el("li", {}, renderChip(name, value))));
}

function renderChip(name, value) {
  const words = describeFilter(name, value);
  const remove = () => {
    const left = [active[name]].flat().filter((one) => one !== value);
    const { [name]: _, ...others } = active;
    change(name === "source" && left.length > 0 ? { ...others, source: left } : others);
    byId("open-filters").focus();
  };
  return el("button", { type: "button", class: "chip small", "aria-label": `Remove filter: ${words}`, onclick: remove }, el("span", { dir: "auto" }, words), icon("close"));
}
