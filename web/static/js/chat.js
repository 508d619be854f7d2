/** The conversation: questions, their replies, and the browser's history of them. */

import * as api from "./api.js";
import { announcementText, isOnlyHint, renderReply } from "./answer.js";
import { asMarkdown, conversationOf, savedTurns, saveTurns } from "./conversation.js";
import { announce, byId, el, spinner } from "./dom.js";
import { activeFilters, addressOf, applyFiltersOf, clearFilters, openFilters } from "./filters.js";
import { offerNext } from "./next.js";
import { remember, startPast } from "./past.js";
import { buttonThatCopies } from "./quote.js";
import { onStatus } from "./status.js";
import { Suggestions } from "./suggest.js";
import { formatNumber, plural } from "./text.js";
import { renderUnderstood } from "./understood.js";
import { watchButton } from "./watch.js";

const BUSY_DELAY_MS = 300;

/** @type {{id: string, question: string, fields: object, reply: ?object, node: HTMLElement, body: HTMLElement}[]} fields: filters and what is ignored */
let turns = [];
let box;
let suggestions;

export function startChat() {
  box = byId("question");
  suggestions = new Suggestions(box, (question) => {
    box.value = question;
    submit();
  });
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("keydown", onBoxKey);
  box.addEventListener("input", showFull);
  document.addEventListener("keydown", onSlash);
  byId("new-conversation").addEventListener("click", startAnew);
  for (const chip of document.querySelectorAll(".below .chip")) chip.addEventListener("click", () => ask(chip.textContent));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // no entry in the history, where every entry is a question
    box.focus();
  });
  onStatus(showCount);
  startPast(reopen);
  byId("export-conversation").addEventListener("click", exportConversation);
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

/** The line under the question box. */
function showCount({ articles }) {
  byId("count").textContent = plural(articles, "article");
  document.querySelector(".below .some").hidden = articles === 0;
  document.querySelector(".below .none").hidden = articles > 0;
}

function restore() {
  for (const { id, question, fields = {}, reply } of savedTurns()) {
    const turn = addTurn(id, question, fields);
    turn.reply = reply;
    showReply(turn);
  }
}

function submit() {
  const question = box.value.trim();
  if (question === "") return;
  box.value = "";
  suggestions.close();
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
  history.pushState({ turn: turn.id }, "", addressOf(question, turn.fields));
  show(turn.id);
  load(turn);
}

function clearTurns() {
  for (const turn of turns) turn.node.remove();
  turns = [];
}

/** Ask the questions of a past conversation again, each after the one before it. */
function reopen(past) {
  clearTurns();
  for (const { question, fields } of past) addTurn(`${Date.now()}-${turns.length}`, question, fields);
  const last = turns.at(-1);
  history.pushState({ turn: last.id }, "", addressOf(last.question, last.fields));
  show(last.id);
  for (const turn of turns) load(turn);
  last.loading.then(() => last.node.scrollIntoView()); // the replies above it have moved it
}

/** Save the conversation as a Markdown file. */
function exportConversation() {
  const address = URL.createObjectURL(new Blob([asMarkdown(turns)], { type: "text/markdown" }));
  el("a", { href: address, download: "conversation.md" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Forget the conversation: the next question stands alone. */
function startAnew() {
  clearTurns();
  saveTurns(turns);
  history.pushState({}, "", "/");
  show(null);
  announce("New conversation.");
  box.focus();
}

function addTurn(id, question, fields = activeFilters()) {
  const body = el("div", {});
  const heading = el("h2", { class: "asked", id: `asked-${id}`, dir: "auto" }, question);
  const node = el("section", { class: "turn", "aria-labelledby": heading.id }, heading, body);
  const turn = { id, question, fields, reply: null, node, body };
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

/** Ask a question from the address, with the filters there, that is not in the conversation. */
function restart(question) {
  applyFiltersOf(location.search);
  clearTurns();
  const turn = addTurn(`${Date.now()}`, question);
  history.replaceState({ turn: turn.id }, "");
  show(turn.id);
  load(turn);
}

/** The fields of the request of a turn. */
function requestOf(turn) {
  const conversation = conversationOf(turns.slice(0, turns.indexOf(turn)));
  return { question: turn.question, ...turn.fields, ...(conversation.length > 0 ? { conversation } : {}) };
}

/** Ask the question of a turn once the turns before it are answered, to which it may refer. */
function load(turn) {
  turn.loading = loadAfter(turns[turns.indexOf(turn) - 1]?.loading, turn);
  return turn.loading;
}

async function loadAfter(before, turn) {
  turn.body.replaceChildren();
  turn.body.setAttribute("aria-busy", "true");
  const busyTimer = setTimeout(() => showBusy(turn), BUSY_DELAY_MS);
  try {
    await before;
    turn.reply = await api.ask(requestOf(turn));
    showReply(turn);
    announce(announcementText(turn.reply));
    saveTurns(turns);
    remember(turns);
    if (turn === turns.at(-1) && !isOnlyHint(turn.reply)) offerNext(turn.next, requestOf(turn), ask);
  } catch (error) {
    showProblem(turn, error);
  } finally {
    clearTimeout(busyTimer);
    turn.body.removeAttribute("aria-busy");
  }
}

function showReply(turn) {
  // Those of the latest reply are enough.
  if (turn === turns.at(-1)) for (const place of document.querySelectorAll(".next")) place.remove();
  turn.next = el("div", { class: "next", "aria-live": "polite" });
  const understood = renderUnderstood(turn.reply, turn.fields.ignore ?? [], (fields) => askAgain(turn, fields));
  const timeline = async () => (await api.ask({ ...requestOf(turn), timeline: true })).timeline;
  const address = async () => new URL((await api.saveReply(requestOf(turn))).url, location.href).href;
  const link = buttonThatCopies("Copy link", "Save this reply under an address of its own, and copy that", address);
  const share = isOnlyHint(turn.reply) ? null : el("p", { class: "share" }, link, turn.reply.library ? null : watchButton(turn.reply, turn.fields));
  turn.body.replaceChildren(...[understood, renderReply(turn.reply, timeline), share, turn.next].filter((node) => node !== null));
}

/** Ask the question of a turn again, with these fields. */
async function askAgain(turn, fields) {
  turn.fields = { ...turn.fields, ...fields };
  if (turn === turns.at(-1)) history.replaceState(history.state, "", addressOf(turn.question, turn.fields));
  turn.node.tabIndex = -1;
  turn.node.focus({ preventScroll: true }); // what had the focus is replaced
  await load(turn);
}

function showBusy(turn) {
  turn.body.replaceChildren(el("p", { class: "waiting" }, spinner(), "Searching your articles…"));
  announce("Searching your articles.");
}

function showProblem(turn, error) {
  const button = (label, onclick) => el("button", { type: "button", class: "button", onclick }, label);
  const hasFilters = error.status === 422 && Object.keys(activeFilters()).length > 0;
  const withFilters = () => {
    const { ignore } = turn.fields;
    turn.fields = { ...activeFilters(), ...(ignore ? { ignore } : {}) };
    load(turn);
  };
  const withoutFilters = () => {
    clearFilters();
    withFilters();
  };
  const actions = [
    error.canRetry ? button("Try again", () => load(turn)) : null,
    ...(hasFilters ? [button("Change filters", () => openFilters(withFilters)), button("Ask without filters", withoutFilters)] : []),
  ].filter((action) => action !== null);
  const row = actions.length > 0 ? el("div", { class: "actions" }, ...actions) : null;
  turn.body.replaceChildren(el("div", { class: "notice danger failed" }, el("p", {}, error.message), row));
  announce(error.message);
}

function onBoxKey(event) {
  if (event.isComposing || suggestions.onKey(event)) return;
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
