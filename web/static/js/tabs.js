/** Tabs: one panel at a time; the arrow keys walk through them. */

import { byId } from "./dom.js";

const MOVES = { ArrowRight: 1, ArrowLeft: -1 };

/** @param {HTMLElement} within  the element that holds the tabs @param {(tab: HTMLElement) => void} [chosen]  is called with each chosen tab */
export function startTabs(within, chosen = () => {}) {
  const tabs = [...within.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    selectTab(tab);
    chosen(tab);
  };
  for (const [place, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if (move === undefined) return;
      const next = tabs.at((place + move) % tabs.length);
      choose(next);
      next.focus();
    });
  }
}

export function selectTab(chosen) {
  for (const tab of chosen.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
}
