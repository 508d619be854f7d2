/** Dialogs: closing them, asking for confirmation and for the token. */

import { byId } from "./dom.js";

/** Let the buttons marked `data-close`, and a click beside the dialog, close it. */
export function startDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog && isOutside(event, dialog)) dialog.close();
    });
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
  }
}

function isOutside({ clientX: x, clientY: y }, dialog) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}

/** @returns {Promise<boolean>} whether the dialog was confirmed */
function answered(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Ask for confirmation. @returns {Promise<boolean>} */
export function confirm(title, text, yes) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  return answered(byId("confirm"));
}

/** @param {boolean} wrong  whether the last token was wrong @returns {Promise<?string>} */
export async function askForToken(wrong) {
  byId("token-wrong").hidden = !wrong;
  const field = byId("token-value");
  field.value = "";
  const given = await answered(byId("token"));
  const token = field.value.trim();
  field.value = "";
  return given && token !== "" ? token : null;
}
