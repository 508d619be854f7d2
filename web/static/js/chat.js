/** The conversation: questions, their replies, and the browser's history of them. */

import * as api from "./api.js";
import { renderReply, announcementText } from "./answer.js";
import { announce, byId, el, spinner } from "./dom.js";
import { formatNumber } from "./text.js";

const STORAGE_KEY = "citeline.turns";
const MAX_SAVED_TURNS = 30;
const BUSY_DELAY_MS = 300;

/** @type {{id: string, question: string, reply: ?object, node: HTMLElement, body: HTMLElement}[]} */
let turns = [];
let box;

export function startChat() {
  box = byId("question");
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("keydown", onBoxKey);
  box.addEventListener("input", showFull);
  document.addEventListener("keydown", onSlash);
  for (const chip of document.querySelectorAll(".chip")) chip.addEventListener("click", () => ask(chip.textContent));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // no entry in the history, where every entry is a question
    box.focus();
  });
  addEventListener("popstate", () => show(history.state?.turn));
  begin();
}

/** Restore the conversation, or ask the question in the address; after a reload, ask the last question again. */
function begin() {
  const how = performance.getEntriesByType("navigation")[0]?.type;
  if (how === "back_forward" || how === "reload") restore();
  show(history.state?.turn);
  const last = turns.find(({ id }) => id === history.state?.turn);
  if (how === "reload" && last?.reply) load(last);
  box.focus({ preventScroll: true });
}

function restore() {
  for (const { id, question, reply } of savedTurns()) {
    const turn = addTurn(id, question);
    turn.reply = reply;
    turn.body.replaceChildren(renderReply(reply));
  }
}

function submit() {
  const question = box.value.trim();
  if (question === "") return;
  box.value = "";
  showFull();
  if (matchMedia("(pointer: coarse)").matches) box.blur(); // hides the keyboard, to make room for the answer
  ask(question);
}

/** Tell that the box takes no more: the browser cuts off what is pasted without a word. */
function showFull() {
  const isFull = box.value.length >= box.maxLength;
  byId("question-full").textContent = isFull ? `A question can have ${formatNumber(box.maxLength)} characters. What goes beyond is cut off.` : "";
}

function ask(question) {
  for (const turn of turns.filter(({ node }) => node.hidden)) turn.node.remove();
  turns = turns.filter(({ node }) => !node.hidden);
  const turn = addTurn(`${Date.now()}-${turns.length}`, question);
  history.pushState({ turn: turn.id }, "", `/?q=${encodeURIComponent(question)}`);
  show(turn.id);
  load(turn);
}

function addTurn(id, question) {
  const body = el("div", {});
  const heading = el("h2", { class: "asked", id: `asked-${id}`, dir: "auto" }, question);
  const node = el("section", { class: "turn", "aria-labelledby": heading.id }, heading, body);
  const turn = { id, question, reply: null, node, body };
  turns.push(turn);
  byId("conversation").append(node);
  return turn;
}

/** Show the conversation up to the turn with this id; Back and Forward come here too. */
function show(id) {
  const last = turns.findIndex((turn) => turn.id === id);
  const question = new URLSearchParams(location.search).get("q")?.trim();
  if (last === -1 && question) {
    restart(question);
    return;
  }
  turns.forEach((turn, place) => {
    turn.node.hidden = place > last;
  });
  document.body.classList.toggle("is-empty", last === -1);
  document.title = last === -1 ? "Citeline" : `${turns[last].question} — Citeline`;
  if (last !== -1) turns[last].node.scrollIntoView();
}

/** Ask a question from the address that is not in the conversation. */
function restart(question) {
  for (const turn of turns) turn.node.remove();
  turns = [];
  const turn = addTurn(`${Date.now()}`, question);
  history.replaceState({ turn: turn.id }, "");
  show(turn.id);
  load(turn);
}

async function load(turn) {
  turn.body.replaceChildren();
  turn.body.setAttribute("aria-busy", "true");
  const busyTimer = setTimeout(() => showBusy(turn), BUSY_DELAY_MS);
  try {
    turn.reply = await api.ask(turn.question);
    turn.body.replaceChildren(renderReply(turn.reply));
    announce(announcementText(turn.reply));
    saveTurns();
  } catch (error) {
    showProblem(turn, error);
  } finally {
    clearTimeout(busyTimer);
    turn.body.removeAttribute("aria-busy");
  }
}

function showBusy(turn) {
  turn.body.replaceChildren(el("p", { class: "waiting" }, spinner(), "Searching your articles…"));
  announce("Searching your articles.");
}

function showProblem(turn, error) {
  const again = error.canRetry ? el("button", { type: "button", class: "button", onclick: () => load(turn) }, "Try again") : null;
  const notice = el("div", { class: "notice danger failed" }, el("p", {}, error.message), again);
  turn.body.replaceChildren(notice);
  announce(error.message);
}

function saveTurns() {
  const done = turns.filter(({ reply }) => reply !== null).slice(-MAX_SAVED_TURNS);
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(done.map(({ id, question, reply }) => ({ id, question, reply }))));
  } catch {
    // no storage: the question is asked again on return
  }
}

function savedTurns() {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    return [];
  }
}

function onBoxKey(event) {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    submit();
  } else if (event.key === "ArrowUp") {
    recall(event);
  }
}

/** Arrow up in an empty box recalls the last question, then the one before it. */
function recall(event) {
  const asked = [...new Set(turns.map(({ question }) => question))];
  const place = box.value === "" ? asked.length : asked.indexOf(box.value);
  if (place < 1) return;
  event.preventDefault();
  box.value = asked[place - 1];
  showFull();
}

function onSlash(event) {
  const typing = event.target.closest("input, textarea, dialog[open]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  event.preventDefault();
  box.focus();
}
