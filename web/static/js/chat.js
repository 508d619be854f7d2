/** The conversation: questions, their replies, and the browser's history of them. */

import * as api from "./api.js";
import { renderReply, spoken } from "./answer.js";
import { announce, byId, el, spinner } from "./dom.js";

const KEPT = "citeline.turns";
const MOST_KEPT = 30;
const PATIENCE_MS = 300;

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
  document.addEventListener("keydown", onSlash);
  for (const chip of document.querySelectorAll(".chip")) chip.addEventListener("click", () => ask(chip.textContent));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // no entry in the history, where every entry is a question
    box.focus();
  });
  addEventListener("popstate", () => show(history.state?.turn));
  begin();
}

/** Go on where the reader left off, or ask what the address asks; after a reload, ask the last question anew. */
function begin() {
  const how = performance.getEntriesByType("navigation")[0]?.type;
  if (how === "back_forward" || how === "reload") restore();
  show(history.state?.turn);
  const last = turns.find(({ id }) => id === history.state?.turn);
  if (how === "reload" && last?.reply) load(last);
  box.focus({ preventScroll: true });
}

function restore() {
  for (const { id, question, reply } of kept()) {
    const turn = addTurn(id, question);
    turn.reply = reply;
    turn.body.replaceChildren(renderReply(reply));
  }
}

function submit() {
  const question = box.value.trim();
  if (question === "") return;
  box.value = "";
  if (matchMedia("(pointer: coarse)").matches) box.blur(); // puts the keyboard away, so that the answer has room
  ask(question);
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

/** A question from the address that this page has not asked yet. */
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
  const late = setTimeout(() => showWaiting(turn), PATIENCE_MS);
  try {
    turn.reply = await api.ask(turn.question);
    turn.body.replaceChildren(renderReply(turn.reply));
    announce(spoken(turn.reply));
    keep();
  } catch (error) {
    showProblem(turn, error);
  } finally {
    clearTimeout(late);
    turn.body.removeAttribute("aria-busy");
  }
}

function showWaiting(turn) {
  turn.body.replaceChildren(el("p", { class: "waiting" }, spinner(), "Looking through the articles…"));
  announce("Looking through the articles.");
}

function showProblem(turn, error) {
  const again = el("button", { type: "button", class: "button", onclick: () => load(turn) }, "Try again");
  const notice = el("div", { class: "notice danger failed" }, el("p", {}, error.message), again);
  turn.body.replaceChildren(notice);
  announce(error.message);
}

function keep() {
  const done = turns.filter(({ reply }) => reply !== null).slice(-MOST_KEPT);
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(done.map(({ id, question, reply }) => ({ id, question, reply }))));
  } catch {
    // no room or no storage: coming back asks again
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
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

/** Up in an empty box brings the last question back, and further up the one before it. */
function recall(event) {
  const asked = [...new Set(turns.map(({ question }) => question))];
  const place = box.value === "" ? asked.length : asked.indexOf(box.value);
  if (place < 1) return;
  event.preventDefault();
  box.value = asked[place - 1];
}

function onSlash(event) {
  const typing = event.target.closest("input, textarea, dialog[open]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  event.preventDefault();
  box.focus();
}
