/** Forms: validation with messages of our own below the field or the form. */

const MISSING = { text: "Paste the text of the article.", url: "Enter a web address.", title: "Enter a title." };

/** Return whether a form is valid; focus the first invalid field. */
export function isComplete(form) {
  const fields = [...form.elements].filter((field) => field.willValidate && field.type !== "submit");
  const wrong = fields.filter((field) => !field.checkValidity());
  for (const field of fields) field.setAttribute("aria-invalid", String(wrong.includes(field)));
  wrong[0]?.closest("details")?.setAttribute("open", "");
  wrong[0]?.focus();
  showFormError(form, wrong.length === 0 ? "" : errorText(wrong[0]), wrong[0]);
  return wrong.length === 0;
}

function errorText(field) {
  if (field.validity.valueMissing) return MISSING[field.name];
  return field.type === "url" ? "A web address starts with https:// or http://." : field.validationMessage;
}

/** Show a message below the field where that has a line of its own, else below the form. @param {?HTMLElement} field */
export function showFormError(form, message, field = null) {
  const lines = [...form.querySelectorAll(".field-error")];
  const below = lines.find(({ id }) => id !== "" && id === field?.getAttribute("aria-describedby")) ?? lines.at(-1);
  for (const line of lines) showError(line, line === below && message !== "" ? message : null);
}

/** Show a message in a line, or hide it where there is none. @param {?string} message */
export function showError(line, message) {
  line.hidden = message === null;
  if (line.textContent !== (message ?? "")) line.textContent = message ?? ""; // screen readers read it whenever it is set
}
