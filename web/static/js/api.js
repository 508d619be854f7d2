/** The JSON interface. Every error is a Problem whose message can be shown to the user. */

export class Problem extends Error {
  /** @param {string} message @param {?number} status  0 where the server did not respond, null where nothing was sent @param {ErrorOptions} [options] */
  constructor(message, status, options) {
    super(message, options);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get canRetry() {
    return this.status === 0 || this.status === 401 || this.status > 500; // 500 is a bug, which stays
  }
}

const MAX_SUGGESTIONS = 5; // of questions, and of names
let askForToken = async () => null;
let signingIn = null;
let signIns = 0;

/** @param {(wrong: boolean) => Promise<?string>} ask  asks the user for the token; null where they cancel */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

async function send(method, path, body) {
  const headers = { Accept: "application/json" };
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method, headers, body: isForm || body === undefined ? body : JSON.stringify(body) });
  } catch (error) {
    throw new Problem("Citeline is not responding. Is it still running?", 0, { cause: error });
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  const message = said.detail || said.title || `The server answered with an error (${response.status}).`;
  return new Problem(message, response.status);
}

/** Several requests may need the token; the user is asked once. The server keeps it in a cookie that no script can read. */
function signIn() {
  signingIn ??= (async () => {
    for (let wrong = false; ; wrong = true) {
      const token = await askForToken(wrong);
      if (token === null) return false;
      const response = await send("POST", "/sign-in", { token });
      if (response.ok) break;
      if (response.status !== 401) throw await problemOf(response);
    }
    signIns += 1;
    document.getElementById("sign-out")?.removeAttribute("hidden");
    return true;
  })().finally(() => {
    signingIn = null;
  });
  return signingIn;
}

async function request(method, path, body) {
  const before = signIns;
  const response = await send(method, path, body);
  if (response.status === 401 && (before !== signIns || (await signIn()))) return request(method, path, body);
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function json(method, path, body) {
  const response = await request(method, path, body);
  try {
    return await response.json();
  } catch {
    throw new Problem("The server's answer could not be read.", response.status);
  }
}

/** A folder, or a file that was deleted, can't be sent: fetch would report it like a server that is down. */
async function checkReadable(file) {
  try {
    const reader = file.stream().getReader();
    await reader.read();
    await reader.cancel();
  } catch (error) {
    throw new Problem("This can’t be read: it is a folder, or a file that has been moved or changed.", null, { cause: error });
  }
}

/** @returns {Promise<{article: object, isNew: boolean}>} */
async function post(body) {
  const response = await request("POST", "/articles", body);
  return { article: await response.json(), isNew: response.status === 201 };
}

/** @param {object} request  the fields of POST /ask */
export const ask = (request) => json("POST", "/ask", request);
export const saveReply = (request) => json("POST", "/replies", request);
export const savedReply = (id) => json("GET", `/replies/${encodeURIComponent(id)}`);
export const giveFeedback = (feedback) => json("POST", "/feedback", feedback);
export const questions = (query) => json("GET", `/questions?${new URLSearchParams(query)}`);
export const removeQuestion = (id) => request("DELETE", `/questions/${encodeURIComponent(id)}`);
export const clearQuestions = () => request("DELETE", "/questions");
export const addWatch = (watch) => json("POST", "/watches", watch);
export const watches = () => json("GET", "/watches");
export const removeWatch = (id) => request("DELETE", `/watches/${encodeURIComponent(id)}`);
export const verify = (request) => json("POST", "/verify", request);
export const nextQuestions = (request) => json("POST", "/next-questions", request);
export const suggest = (typed) => json("GET", `/suggest?${new URLSearchParams({ q: typed, limit: MAX_SUGGESTIONS })}`);
export const sources = () => json("GET", "/sources");
export const settings = () => json("GET", "/settings.json");
export const changeSettings = (values) => json("PATCH", "/settings.json", values);
export const tags = () => json("GET", "/tags");

export async function addTable(file) {
  return json("POST", "/articles/import", await formOf(file));
}

/** @param {object} query  the parameters of GET /articles */
export const articles = (query) => json("GET", `/articles?${new URLSearchParams(query)}`);

/** How many deleted articles can be restored; none for those who may not see them, who are asked for no token. */
export async function countDeleted() {
  const response = await send("GET", "/articles/deleted?per_page=1");
  return response.ok ? (await response.json()).total : 0;
}

export const deletedArticles = (page, perPage) => json("GET", `/articles/deleted?${new URLSearchParams({ page, per_page: perPage })}`);

/** An article cited with the spans that are quoted, as text. @param {"markdown"|"bibtex"|"ris"|"csl-json"} format */
export async function citation(id, format, [{ start, end }, ...others]) {
  const also = others.map((span) => `${span.start}-${span.end}`).join(",");
  const response = await request("GET", `/articles/${encodeURIComponent(id)}/citation?${new URLSearchParams({ format, start, end, also })}`);
  return response.text();
}

const MAX_IDS = 500; // of one request

/** @returns {Promise<string[]>} the ids of those that there were */
async function inParts(path, ids) {
  const done = [];
  for (let start = 0; start < ids.length; start += MAX_IDS) done.push(...(await json("POST", path, { ids: ids.slice(start, start + MAX_IDS) })).ids);
  return done;
}

export const removeArticles = (ids) => inParts("/articles/delete", ids);
export const restoreArticles = (ids) => inParts("/articles/restore", ids);
export const edit = (id, fields) => json("PATCH", `/articles/${encodeURIComponent(id)}`, fields);
export const index = () => json("GET", "/index");
export const rebuild = () => json("POST", "/index/rebuild");
export const addFields = (fields) => post(fields);

export const feeds = () => json("GET", "/feeds");
export const addFeed = (url) => json("POST", "/feeds", { url });
export const pollFeed = (id) => json("POST", `/feeds/${encodeURIComponent(id)}/poll`);
export const pollFeeds = () => json("POST", "/feeds/poll");
export const removeFeed = (id) => request("DELETE", `/feeds/${encodeURIComponent(id)}`);

export async function importFeeds(file) {
  return json("POST", "/feeds/import", await formOf(file));
}

export async function addFile(file) {
  return post(await formOf(file));
}

async function formOf(file) {
  await checkReadable(file);
  const form = new FormData();
  form.append("file", file);
  return form;
}
