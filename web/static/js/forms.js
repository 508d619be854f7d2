/** Forms: validation with messages of our own below the form. */

/** Return whether a form is valid; focus the first invalid field. */
export function isComplete(form) {
  const fields = [...form.elements].filter((field) => field.willValidate && field.type !== "submit");
  const wrong = fields.filter((field) => !field.checkValidity());
  for (const field of fields) field.setAttribute("aria-invalid", String(wrong.includes(field)));
  wrong[0]?.closest("details")?.setAttribute("open", "");
  wrong[0]?.focus();
  showFormError(form, wrong.length === 0 ? "" : errorText(wrong[0]));
  return wrong.length === 0;
}

function errorText(field) {
  if (field.validity.valueMissing) return field.name === "text" ? "Paste the text of the article." : "Enter a web address.";
  return field.type === "url" ? "A web address starts with https:// or http://." : field.validationMessage;
}

export function showFormError(form, message) {
  const line = form.querySelector(".field-error");
  line.hidden = message === "";
  line.textContent = message;
}

/** Show a message in a line, or hide it where there is none. @param {?string} message */
export function showError(line, message) {
  line.hidden = message === null;
  if (line.textContent !== (message ?? "")) line.textContent = message ?? ""; // screen readers read it whenever it is set
}
