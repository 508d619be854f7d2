/** The feeds: their state, adding, polling, removing, import and export. */

import * as api from "./api.js";
import { confirm } from "./dialogs.js";
import { announce, byId, el, icon, spinner } from "./dom.js";
import { showError, isComplete, showFormError } from "./forms.js";
import { refresh } from "./status.js";
import { formatDistance, formatNumber, plural, withoutName } from "./text.js";

const WORKING_MS = 1000;
const IDLE_MS = 20000;
const shown = new Map();
let timer = null;
let articles = null;
let failures = null;
let followedId = null;

export function startFeeds() {
  byId("add-feed").addEventListener("submit", follow);
  byId("poll-all").addEventListener("click", () => showingErrors(async () => show(await api.pollFeeds())));
  byId("import-feeds").addEventListener("change", importList);
  document.addEventListener("visibilitychange", () => isOpen() && listFeeds());
}

const isOpen = () => !byId("panel-feeds").hidden && !document.hidden;

/** Show the feeds, and update them while the panel is open. */
export async function listFeeds() {
  clearTimeout(timer);
  try {
    show(await api.feeds());
    showError(byId("feeds-error"), null);
  } catch (error) {
    showError(byId("feeds-error"), error.message);
    again(IDLE_MS);
  }
}

function again(pause) {
  clearTimeout(timer);
  timer = setTimeout(() => isOpen() && listFeeds(), pause);
}

function show({ feeds }) {
  for (const id of [...shown.keys()]) if (!feeds.some((feed) => feed.id === id)) shown.delete(id);
  for (const feed of feeds) {
    if (!shown.has(feed.id)) shown.set(feed.id, new Line());
    shown.get(feed.id).show(feed);
  }
  const nodes = feeds.map(({ id }) => shown.get(id).node);
  const list = byId("feeds");
  // Replace the nodes only where they differ, so that the focus stays.
  if (nodes.length !== list.children.length || nodes.some((node, place) => list.children[place] !== node)) list.replaceChildren(...nodes);
  byId("feeds-none").hidden = feeds.length > 0;
  byId("poll-all").hidden = byId("export-feeds").hidden = feeds.length === 0;
  notifyOthers(feeds);
  again(feeds.some((feed) => feed.running) ? WORKING_MS : IDLE_MS);
}

/** Update the list of articles when feeds add some, and the state, which counts failures, also when feeds fail. */
function notifyOthers(feeds) {
  const now = feeds.reduce((sum, feed) => sum + feed.articles, 0);
  const failing = JSON.stringify(feeds.map(({ problem, failed, pending, waiting }) => [problem, failed, pending - waiting]));
  if (articles !== null && articles !== now) document.dispatchEvent(new Event("citeline:articles"));
  if (articles !== now || failures !== failing) refresh().catch(() => {});
  articles = now;
  failures = failing;
}

/** One feed in the list. */
class Line {
  constructor() {
    this.maxWaiting = 0; // the largest number of entries to fetch so far
    this.name = el("span", { class: "name", dir: "auto" });
    this.address = el("span", { class: "about", dir: "ltr" });
    this.state = el("p", { class: "state" });
    this.bar = el("progress", { "aria-label": "Pages fetched", hidden: true });
    this.times = el("p", { class: "about" });
    this.poll = el("button", { type: "button", class: "button quiet square", onclick: () => this.#poll() }, icon("again"));
    this.remove = el("button", { type: "button", class: "button quiet square", onclick: () => removeFeed(this.feed) }, icon("trash"));
    const about = el("div", {}, this.name, this.address, this.state, this.bar, this.times);
    this.node = el("li", {}, about, el("div", { class: "do" }, this.poll, this.remove));
  }

  show(feed) {
    this.feed = feed;
    const name = feed.title ?? feed.url;
    this.name.textContent = name;
    this.address.textContent = feed.url;
    this.address.hidden = feed.title === null;
    for (const [button, what] of [[this.poll, "Poll now"], [this.remove, "Remove"]]) {
      button.setAttribute("aria-label", `${what}: ${name}`);
      button.title = what;
    }
    this.poll.disabled = feed.running;
    this.#showState(feed);
    this.times.textContent = timesOf(feed);
  }

  #showState(feed) {
    const failing = feed.problem !== null && !feed.running;
    const bad = failing || (!feed.running && feed.articles === 0 && feed.failed > 0);
    const sign = feed.running ? spinner() : icon(bad ? "alert" : "check");
    const looks = `state${bad ? " bad" : ""}`;
    const said = stateText(feed);
    if (this.state.className !== looks || this.state.dataset.said !== said) this.state.replaceChildren(sign, el("span", {}, said));
    this.state.className = looks;
    if (this.state.dataset.said !== said) announceFollowed(feed);
    this.state.dataset.said = said;
    this.maxWaiting = feed.waiting === 0 ? 0 : Math.max(this.maxWaiting, feed.waiting);
    this.bar.hidden = this.maxWaiting === 0;
    this.bar.max = this.maxWaiting || 1;
    this.bar.value = this.maxWaiting - feed.waiting;
  }

  async #poll() {
    this.poll.disabled = true;
    await showingErrors(async () => this.show(await api.pollFeed(this.feed.id)));
    again(WORKING_MS);
  }
}

function stateText(feed) {
  if (feed.waiting > 0) return `Fetching ${plural(feed.waiting, "new page")}…`;
  if (feed.running) return feed.entries === 0 ? "Fetching the feed…" : "Looking for new entries…";
  if (feed.problem !== null) return withoutName(feed.problem, feed.url);
  if (feed.entries === 0) return feed.succeeded_at === null ? "Not polled yet" : "No entries yet";
  return feed.articles === feed.entries ? plural(feed.articles, "article") : `${plural(feed.articles, "article")} of ${plural(feed.entries, "entry", "entries")}`;
}

/** The times of the last and next poll, and the numbers of entries to retry and failed. */
function timesOf(feed) {
  const { pending, waiting, failed } = feed;
  const again = pending - waiting;
  const next = formatDistance(feed.next_at);
  const parts = [
    again > 0 ? `${formatNumber(again)} to be retried` : null,
    failed > 0 ? `${formatNumber(failed)} failed for good` : null,
    feed.problem !== null ? `first failed ${formatDistance(feed.failing_since)}` : null,
    feed.problem === null && feed.polled_at !== null ? `polled ${formatDistance(feed.polled_at)}` : null,
    feed.running ? null : `${feed.problem === null ? "next" : "next try"} ${next}`,
  ];
  return capitalised(parts.filter(Boolean).join(" · "));
}

const capitalised = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Run an action and show its error, if any. */
async function showingErrors(act) {
  showError(byId("feeds-error"), null);
  try {
    await act();
  } catch (error) {
    showError(byId("feeds-error"), error.message);
  }
}

async function follow(event) {
  event.preventDefault();
  const form = event.target;
  if (!isComplete(form)) return;
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const { id } = await api.addFeed(form.elements.url.value.trim());
    form.reset();
    await listFeeds();
    showFollowed(id);
  } catch (error) {
    showFormError(form, error.message);
  }
  button.disabled = false;
}

/** Scroll to a feed that was just added, and announce the result of its first poll. */
function showFollowed(id) {
  followedId = id;
  const line = shown.get(id);
  line?.node.scrollIntoView({ block: "nearest" });
  if (line === undefined) return;
  if (line.feed.running) announce(stateText(line.feed));
  announceFollowed(line.feed);
}

function announceFollowed(feed) {
  if (feed.id !== followedId || feed.running) return;
  followedId = null;
  announce(`${feed.title ?? feed.url}: ${stateText(feed)}`);
}

async function removeFeed({ id, title, url, articles: taken }) {
  const name = title ?? url;
  const stay = taken > 0 ? `${taken === 1 ? "The article" : `The ${formatNumber(taken)} articles`} that came from it will stay.` : "No articles came from it.";
  if (!(await confirm("Remove this feed?", `“${name}” will no longer be followed. ${stay}`, "Remove"))) return;
  await showingErrors(async () => {
    await api.removeFeed(id);
    announce(`“${name}” was removed.`);
    byId("tab-feeds").focus();
    await listFeeds();
  });
}

async function importList() {
  const input = byId("import-feeds");
  const [file] = input.files;
  if (file === undefined) return;
  byId("imported").hidden = true;
  await showingErrors(async () => {
    showImported(await api.importFeeds(file));
    await listFeeds();
  });
  input.value = "";
}

function showImported({ added, unchanged, problems }) {
  const parts = [
    `${plural(added, "feed")} added`,
    unchanged > 0 ? `${formatNumber(unchanged)} already followed` : null,
    problems.length > 0 ? `${formatNumber(problems.length)} not imported:` : null,
  ];
  const lines = problems.slice(0, 5).map((problem) => el("li", {}, problem));
  if (problems.length > lines.length) lines.push(el("li", {}, `and ${formatNumber(problems.length - lines.length)} more`));
  byId("imported").replaceChildren(el("p", {}, parts.filter(Boolean).join(", ")), el("ul", {}, ...lines));
  byId("imported").hidden = false;
}
