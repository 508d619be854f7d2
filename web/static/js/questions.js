/** The page of open questions: what the articles did not answer, and feedback on answers. */

import * as api from "./api.js";
import { askForToken, confirm } from "./dialogs.js";
import { announce, byId, el, icon, readPath } from "./dom.js";
import { formatMoment, plural } from "./text.js";

const PER_PAGE = 20;
const KINDS = { unanswered: "No answer", up: "Good answer", down: "Wrong answer" };
let page = 1;
let latest = 0; // the number of the request whose response is shown: an earlier one may come after it

const filterText = ({ name, value }) => `${name.replaceAll("_", " ")}: ${value}`;

function about({ kind, answered_since: since, asked_at: at, times, filters }) {
  const state = since ? ["answered", "Answered since"] : [kind, KINDS[kind]];
  const count = times > 1 ? `asked ${plural(times, "time")}, last ` : "";
  const details = [`${count}${formatMoment(at)}`, ...filters.map(filterText)];
  return el("p", { class: "about" }, el("span", { class: `state ${state[0]}` }, state[1]), ` · ${details.join(" · ")}`);
}

function renderQuestion(one) {
  const remove = () => act(() => api.removeQuestion(one.id), "Question removed.");
  const { answer, reason } = one;
  const quote = answer ? el("a", { class: "quoted", href: readPath(answer.article, answer), dir: "auto" }, `“${answer.text}”`) : null;
  return el(
    "li",
    {},
    el("a", { class: "name", dir: "auto", href: `/?${new URLSearchParams({ q: one.question })}` }, one.question),
    about(one),
    quote,
    reason ? el("p", { class: "why", dir: "auto" }, reason) : null,
    el("button", { type: "button", class: "button quiet square", "aria-label": `Remove “${one.question}”`, title: "Remove", onclick: remove }, icon("trash")),
  );
}

function renderGroup({ questions }) {
  const [first, ...others] = questions;
  if (others.length === 0) return renderQuestion(first);
  const node = renderQuestion(first);
  const similar = el("ul", { class: "kept" }, ...others.map(renderQuestion));
  node.append(el("details", {}, el("summary", {}, plural(others.length, "similar question")), similar));
  return node;
}

async function show() {
  const kind = byId("kind").value;
  const number = ++latest;
  try {
    const found = await api.questions({ page, per_page: PER_PAGE, ...(kind ? { kind } : {}) });
    if (number !== latest) return;
    const groups = found.groups.map(renderGroup);
    if (page === 1) byId("kept").replaceChildren(...groups);
    else byId("kept").append(...groups);
    byId("clear").hidden = found.total === 0;
    byId("more").hidden = page * PER_PAGE >= found.total;
    const none = found.kept ? "Nothing here yet." : "Questions are not kept here (setting CITELINE_KEEP_QUESTIONS).";
    byId("outcome").textContent = found.total === 0 ? none : "";
  } catch (problem) {
    byId("outcome").textContent = problem.message;
  }
}

/** Change something, say so, and show the list anew. */
async function act(change, words) {
  try {
    await change();
  } catch (problem) {
    byId("outcome").textContent = problem.message;
    return;
  }
  page = 1;
  await show();
  announce(words);
  byId("main").querySelector("h1").focus();
}

async function clear() {
  const words = "All kept questions and all feedback are deleted, for everyone who uses this server.";
  if (await confirm("Clear all questions?", words, "Clear")) await act(api.clearQuestions, "All questions cleared.");
}

function renderWatch(watch) {
  const { id, question, filters, created_at: at, answer, webhook, problem } = watch;
  const details = [`watched since ${formatMoment(at)}`, ...filters.map(filterText), webhook].filter(Boolean);
  const remove = () => actOnWatches(() => api.removeWatch(id), "The question is watched no more.");
  return el(
    "li",
    {},
    el("a", { class: "name", dir: "auto", href: `/?${new URLSearchParams({ q: question })}` }, question),
    el("p", { class: "about" }, details.join(" · ")),
    el("p", { class: answer ? "quoted" : "why", dir: "auto" }, answer ?? "No answer yet"),
    problem ? el("p", { class: "problem" }, problem) : null,
    el("button", { type: "button", class: "button quiet square", "aria-label": `Stop watching “${question}”`, title: "Stop watching", onclick: remove }, icon("trash")),
  );
}

async function showWatches() {
  const { watches } = await api.watches();
  byId("watches").replaceChildren(...watches.map(renderWatch));
}

/** Change the watches, say what came of it, and list them anew. @param {string|((result: object) => Node)} words */
async function actOnWatches(change, words) {
  const outcome = byId("watch-outcome");
  try {
    const result = await change();
    await showWatches();
    outcome.replaceChildren(typeof words === "string" ? words : words(result));
  } catch (problem) {
    outcome.textContent = problem.message;
  }
}

async function watch(event) {
  event.preventDefault();
  const question = byId("watch-question").value.trim();
  const webhook = byId("watch-webhook").value.trim();
  const words = ({ secret }) =>
    secret ? el("span", {}, "Watching. Messages are signed with this secret, which is shown only now: ", el("code", {}, secret)) : "Watching.";
  await actOnWatches(async () => {
    const added = await api.addWatch({ question, ...(webhook ? { webhook } : {}) });
    event.target.reset();
    return added;
  }, words);
}

byId("add-watch").querySelector("form").addEventListener("submit", watch);
api.onTokenNeeded(askForToken);
byId("kind").addEventListener("change", () => {
  page = 1;
  show();
});
byId("more").addEventListener("click", () => {
  page += 1;
  show();
});
byId("clear").addEventListener("click", clear);
show();
showWatches().catch((problem) => {
  byId("watch-outcome").textContent = problem.message;
});
