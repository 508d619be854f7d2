/** Past questions: the conversations of this browser, kept on this device only, to ask again or to clear. */

import { confirm } from "./dialogs.js";
import { announce, byId, el, icon } from "./dom.js";
import { formatDate, formatMoment } from "./text.js";

const STORAGE_KEY = "citeline.conversations";
const MAX_CONVERSATIONS = 100;
const MAX_TURNS = 30; // of a conversation

/** @typedef {{id: string, at: string, turns: {question: string, fields: object}[]}} Conversation */

let reopen = () => {};

/** @param {(turns: {question: string, fields: object}[]) => void} open  asks the questions of a conversation again */
export function startPast(open) {
  reopen = open;
  byId("open-past").addEventListener("click", () => {
    byId("export-conversation").hidden = document.querySelector(".turn .reply") === null;
    byId("find-past").value = "";
    show();
    byId("past").showModal();
    byId("past-title").focus();
  });
  byId("find-past").addEventListener("input", show);
  byId("clear-past").addEventListener("click", clear);
}

/** Keep a conversation, which is known by the id of its first turn. */
export function remember(turns) {
  const kept = turns.slice(0, MAX_TURNS).map(({ question, fields }) => ({ question, fields }));
  const others = saved().filter(({ id }) => id !== turns[0].id);
  store([{ id: turns[0].id, at: new Date().toISOString(), turns: kept }, ...others]);
}

/** @param {Conversation[]} conversations  newest first */
function store(conversations) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(conversations.slice(0, MAX_CONVERSATIONS)));
  } catch {
    // no storage: they are not kept
  }
}

/** @returns {Conversation[]} newest first */
function saved() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    return [];
  }
}

async function clear() {
  if (!(await confirm("Clear past questions?", "All questions that this browser has kept are removed.", "Clear"))) return;
  store([]);
  show();
  announce("Past questions cleared.");
}

/** List the conversations that hold all words of the search, by day. */
function show() {
  const words = byId("find-past").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = saved();
  const found = all.filter(({ turns }) => {
    const text = turns.map(({ question }) => question.toLowerCase()).join("\n");
    return words.every((word) => text.includes(word));
  });
  byId("find-past").parentElement.hidden = all.length === 0;
  byId("clear-past").hidden = all.length === 0;
  const none = all.length === 0 ? "No questions yet. They are kept on this device only." : "No past question has these words.";
  byId("past-none").textContent = found.length === 0 ? none : "";
  const days = new Map();
  for (const one of found) {
    const day = formatDate(one.at);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  byId("past-list").replaceChildren(...[...days].flatMap(([day, ones]) => [el("h3", {}, day), el("ul", {}, ...ones.map(renderConversation))]));
}

function renderConversation({ id, at, turns }) {
  const open = () => {
    byId("past").close();
    reopen(turns);
  };
  const remove = () => {
    store(saved().filter((one) => one.id !== id));
    show();
    byId("past-title").focus();
  };
  const [first, ...others] = turns;
  const more = others.map(({ question }) => el("span", { class: "about", dir: "auto" }, question));
  const label = `Remove “${first.question}” from past questions`;
  return el(
    "li",
    {},
    el("button", { type: "button", class: "ask-again", title: formatMoment(at), onclick: open }, el("span", { class: "name", dir: "auto" }, first.question), ...more),
    el("button", { type: "button", class: "button quiet square", "aria-label": label, title: "Remove", onclick: remove }, icon("trash")),
  );
}
