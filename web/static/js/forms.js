/** Forms: what is missing in them is said beneath, in our words. */

/** Tell whether a form may be sent, and point at the first field that is in the way. */
export function isComplete(form) {
  const fields = [...form.elements].filter((field) => field.willValidate && field.type !== "submit");
  const wrong = fields.filter((field) => !field.checkValidity());
  for (const field of fields) field.setAttribute("aria-invalid", String(wrong.includes(field)));
  wrong[0]?.closest("details")?.setAttribute("open", "");
  wrong[0]?.focus();
  sayBeneath(form, wrong.length === 0 ? "" : complaint(wrong[0]));
  return wrong.length === 0;
}

function complaint(field) {
  if (field.validity.valueMissing) return field.name === "text" ? "Paste the text first." : "Type the address first.";
  return field.type === "url" ? "A web address starts with https:// or http://." : field.validationMessage;
}

export function sayBeneath(form, message) {
  const line = form.querySelector(".field-error");
  line.hidden = message === "";
  line.textContent = message;
}

/** Show a message in a line, or hide it where there is none. @param {?string} message */
export function complain(line, message) {
  line.hidden = message === null;
  if (line.textContent !== (message ?? "")) line.textContent = message ?? ""; // said aloud whenever it is set
}
