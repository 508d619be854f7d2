/** Adding articles: files, pasted text, web pages. */

import * as api from "./api.js";
import { byId } from "./dom.js";
import { isComplete, showFormError } from "./forms.js";
import { Item } from "./items.js";
import { refresh, whenIndexed } from "./status.js";
import { selectTab, startTabs } from "./tabs.js";
import { formatNumber, plural } from "./text.js";

const MAX_PARALLEL = 2;
const waiting = [];
let running = 0;

export function startAdd() {
  for (const button of document.querySelectorAll("[data-open-add]")) button.addEventListener("click", () => openAdd());
  startTabs(byId("add"), () => {
    byId("add").querySelector(".panel-body").scrollTop = 0;
  });
  startFiles();
  startDrop();
  startForm(byId("add-text"), textFields, (fields) => fields.title ?? firstLine(fields.text));
  startForm(byId("add-page"), (form) => ({ url: form.elements.url.value.trim() }), (fields) => fields.url);
}

function openAdd(tab = null) {
  if (!byId("add").open) byId("add").showModal();
  if (tab !== null) selectTab(byId(tab));
  byId("add").querySelector("[role=tab][aria-selected=true]").focus();
}

/**
 * Add one article and show its state until it is indexed.
 * @returns {Promise<?Error>} null once it is saved, or the error
 */
async function add(item, send) {
  item.busy("Adding…");
  try {
    const { article, isNew } = await send();
    finish(item, article, isNew);
    return null;
  } catch (error) {
    item.fail(error.message, error.canRetry ? () => add(item, send) : null);
    return error;
  }
}

async function finish(item, article, isNew) {
  const done = isNew ? "Ready to answer" : "Already in your library";
  try {
    if (!article.indexed) {
      item.busy("Saved. Indexing…");
      await whenIndexed();
    }
    item.done(article, [done, ...article.notes].join(". "));
  } catch (error) {
    item.fail(`Saved, but not indexed yet: ${error.message}`, () => finish(item, article, isNew));
  }
  document.dispatchEvent(new Event("citeline:articles"));
  refresh().catch(() => {});
}

// Files

function startFiles() {
  addEventListener("beforeunload", (event) => {
    if (running > 0) event.preventDefault(); // the browser asks before it drops uploads
  });
  const input = byId("files");
  input.addEventListener("change", () => {
    addFiles([...input.files]);
    input.value = "";
  });
}

/** @param {File[]} files */
function addFiles(files) {
  for (const file of files) {
    const item = new Item(file.name);
    waiting.push(() => addFile(item, file));
  }
  for (let line = running; line < MAX_PARALLEL; line += 1) runQueue();
}

/** Add the article of a document, the articles of a table, or the feeds of a list. */
async function addFile(item, file) {
  if (/\.opml$/i.test(file.name)) return addMany(item, () => api.importFeeds(file), "feed", "followed already");
  if (await isTable(file)) return addMany(item, () => api.addTable(file), "article", "in your library already");
  return add(item, () => api.addFile(file));
}

/** A CSV file is a table of articles where a column is called "text", else a document. */
async function isTable(file) {
  if (/\.(jsonl|ndjson)$/i.test(file.name)) return true;
  if (!/\.(csv|tsv|tab)$/i.test(file.name)) return false;
  const start = await file.slice(0, 65_536).text().catch(() => "");
  const [header] = start.replace("\ufeff", "").trim().split(/\r?\n/, 1);
  return header.split(/[,;\t]/).some((cell) => cell.trim().replace(/^"(.*)"$/, "$1").trim().toLowerCase() === "text");
}

async function addMany(item, send, what, there) {
  item.busy("Adding…");
  try {
    const { added, unchanged, problems, failed = problems.length } = await send();
    const parts = [
      `${plural(added, what)} added`,
      unchanged > 0 ? `${formatNumber(unchanged)} ${there}` : null,
      failed > 0 ? `${formatNumber(failed)} not added. ${problems[0]}` : null,
    ].filter(Boolean);
    if (failed > 0) item.fail(parts.join(", "), null);
    else item.doneMany(parts.join(", "));
    document.dispatchEvent(new Event("citeline:articles"));
    refresh().catch(() => {});
  } catch (error) {
    item.fail(error.message, error.canRetry ? () => addMany(item, send, what, there) : null);
  }
}

async function runQueue() {
  running += 1;
  while (waiting.length > 0) await waiting.shift()();
  running -= 1;
}

/** Files may be dropped anywhere on the page. */
function startDrop() {
  const veil = byId("drop");
  let depth = 0;
  const settle = (shown) => {
    depth = shown ? depth : 0;
    if (veil.matches(":popover-open") !== shown) veil.togglePopover(shown);
  };
  const onFiles = (name, react) =>
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      react(event);
    });
  onFiles("dragenter", () => settle((depth += 1) > 0));
  onFiles("dragleave", () => settle((depth -= 1) > 0));
  onFiles("dragover", () => {});
  onFiles("drop", (event) => {
    settle(false);
    openAdd("tab-files");
    addFiles([...event.dataTransfer.files]);
  });
}

// Forms

function textFields(form) {
  const fields = { text: form.elements.text.value };
  for (const name of ["title", "published", "source", "url"]) {
    const value = form.elements[name].value.trim();
    if (value !== "") fields[name] = value;
  }
  return fields;
}

const firstLine = (text) => text.trim().split("\n", 1)[0].slice(0, 80);

/** Send a form; its fields are emptied only when the server has saved them. */
function startForm(form, read, nameOf) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!isComplete(form)) return;
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const fields = read(form);
    const item = new Item(nameOf(fields));
    const error = await add(item, () => api.addFields(fields));
    button.disabled = false;
    if (error === null) form.reset();
    else item.remove();
    showFormError(form, error?.message ?? "");
  });
}
