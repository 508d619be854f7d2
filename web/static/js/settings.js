/** The settings: the colors of this device, and what can change while the service runs. */

import * as api from "./api.js";
import { askForToken } from "./dialogs.js";
import { byId } from "./dom.js";
import { showError } from "./forms.js";
import { formatNumber } from "./text.js";

/** How many units of the server one of the page is. */
const UNITS = { threshold: 1, feed_interval: 60 };
const NAMES = Object.keys(UNITS);
let present = {};

function startThemes() {
  const chosen = document.documentElement.dataset.theme ?? "system";
  for (const box of document.querySelectorAll("#themes input")) {
    box.checked = box.value === chosen;
    box.addEventListener("change", () => document.dispatchEvent(new CustomEvent("citeline:theme", { detail: box.value })));
  }
}

const toPage = (name, value) => Number((value / UNITS[name]).toFixed(4));

function show(settings) {
  present = settings;
  for (const name of NAMES) {
    const { value, default: usual, fixed } = settings[name];
    byId(name).value = toPage(name, value);
    byId(name).disabled = fixed;
    byId(`${name}-default`).textContent = formatNumber(toPage(name, usual));
    byId(`${name}-fixed`).hidden = !fixed;
  }
  const isFixed = NAMES.every((name) => settings[name].fixed);
  byId("save-settings").disabled = byId("reset-settings").disabled = isFixed;
  if (!byId("settings-locked").hidden) lock();
}

/** Say that the token may not change the settings, and let nobody try. */
function lock() {
  byId("settings-locked").hidden = false;
  for (const field of byId("settings-form").elements) field.disabled = true;
}

/** Return whether all fields are valid; each that isn't says what it takes. */
function isValid() {
  const wrong = NAMES.filter((name) => !byId(name).disabled && !(byId(name).checkValidity() && byId(name).value !== ""));
  for (const name of NAMES) {
    const { min, max } = byId(name);
    byId(name).setAttribute("aria-invalid", String(wrong.includes(name)));
    showError(byId(`${name}-error`), wrong.includes(name) ? `Enter a number from ${min} to ${formatNumber(Number(max))}.` : null);
  }
  if (wrong.length > 0) byId(wrong[0]).focus();
  return wrong.length === 0;
}

/** Save what was changed. */
function save(event) {
  event.preventDefault();
  byId("settings-saved").textContent = "";
  if (!isValid()) return;
  const changed = NAMES.filter((name) => !byId(name).disabled && Number(byId(name).value) !== toPage(name, present[name].value));
  send(Object.fromEntries(changed.map((name) => [name, Number(byId(name).value) * UNITS[name]])));
}

async function send(values) {
  showError(byId("settings-error"), null);
  try {
    show(await api.changeSettings(values));
    isValid();
    byId("settings-saved").textContent = "Saved.";
  } catch (error) {
    if (error.status === 403) {
      show(present);
      lock();
      return;
    }
    showError(byId("settings-error"), error.message);
  }
}

async function start() {
  startThemes();
  byId("settings-form").addEventListener("submit", save);
  byId("reset-settings").addEventListener("click", () => send(Object.fromEntries(NAMES.filter((name) => !present[name].fixed).map((name) => [name, null]))));
  try {
    show(await api.settings());
  } catch (error) {
    showError(byId("settings-error"), error.message);
  }
}

api.onTokenNeeded(askForToken);
start();
