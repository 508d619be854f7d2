/** The header of every page: a mark on "Library" where something failed, and the panel that lists the keys. */

import { startDialogs } from "./dialogs.js";
import { byId } from "./dom.js";
import { onStatus, refresh } from "./status.js";
import { formatNumber, plural } from "./text.js";

startDialogs();
byId("open-keys").addEventListener("click", () => byId("keys-panel").showModal());
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog");
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  event.preventDefault();
  byId("keys-panel").showModal();
});

onStatus(({ sources, problem }) => {
  const failed = sources.reduce((sum, source) => sum + source.failed, 0) + (problem === null ? 0 : 1);
  const mark = byId("library-mark");
  mark.hidden = failed === 0;
  mark.textContent = formatNumber(failed);
  mark.setAttribute("aria-label", plural(failed, "problem"));
  byId("library-link").title = failed === 0 ? "Library" : `Library: ${plural(failed, "problem")}`;
});
refresh().catch(() => {}); // what the page itself asks for shows the error
