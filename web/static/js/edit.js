/** Editing title, dates, source and so on of an article. */

import * as api from "./api.js";
import { byId } from "./dom.js";
import { isComplete, showFormError } from "./forms.js";

const DATES = ["published", "updated", "effective"];
const NAMES = ["title", ...DATES, "source", "language", "url", "replaces", "tags"];

/** What a field shows: of a date-time its day, of tags all of them. */
function shown(article, name) {
  if (name === "tags") return article.tags.join(", ");
  return DATES.includes(name) ? (article[name] ?? "").slice(0, 10) : (article[name] ?? "");
}

/** The fields that were changed, null where they were emptied; a date-time whose day stays keeps its time. */
function changes(form, article) {
  const changed = NAMES.filter((name) => form.elements[name].value.trim() !== shown(article, name));
  return Object.fromEntries(changed.map((name) => [name, valueOf(form, name)]));
}

function valueOf(form, name) {
  const value = form.elements[name].value.trim();
  if (name !== "tags") return value || null;
  return value.split(/[,;]/).map((tag) => tag.trim()).filter((tag) => tag !== "");
}

/**
 * Let the user edit an article in the dialog.
 * @returns {Promise<?object>} the article as it was saved, or null where nothing was
 */
export function editArticle(article) {
  const dialog = byId("edit");
  const form = byId("edit-form");
  let saved = null;
  for (const name of NAMES) {
    form.elements[name].value = shown(article, name);
    form.elements[name].removeAttribute("aria-invalid");
  }
  showFormError(form, "");
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!isComplete(form)) return;
    const button = form.querySelector("[type=submit]");
    const edited = changes(form, article);
    button.disabled = true;
    try {
      if (Object.keys(edited).length > 0) saved = await api.edit(article.id, edited);
      dialog.close();
    } catch (error) {
      showProblem(form, error.message);
    } finally {
      button.disabled = false;
    }
  };
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(saved), { once: true });
  });
}

/** Show an error of the server at the field that it begins with, as in "url: 'x' is not a web address". */
function showProblem(form, message) {
  const [, name, reason] = /^(\w+):? (.*)$/s.exec(message) ?? [];
  const field = NAMES.includes(name) ? form.elements[name] : null;
  showFormError(form, field === null ? message : reason[0].toUpperCase() + reason.slice(1), field);
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}
