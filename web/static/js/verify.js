import * as api from "./api.js";
import { byId, el, readPath, visuallyHidden } from "./dom.js";
import { formatPublished, plural } from "./text.js";

const VERDICTS = {
  exact: ["exact", "Found exactly"],
  altered: ["altered", "Found altered"],
  "not found": ["missing", "Not found"],
};

/** What a text says and what the article says: <ins> is in the draft alone, <del> in the article alone. */
function differences(found) {
  return found.flatMap(({ kind, draft, source }) => {
    if (kind === "same") return [draft];
    if (kind === "joined") return [el("span", { class: "joint" }, " ⋯ ", visuallyHidden("from another place: "))];
    const left = source.trim() && el("del", {}, visuallyHidden("the article says: "), source.trim());
    const put = draft.trim() && el("ins", {}, visuallyHidden("the draft says: "), draft.trim());
    return [left, left && put ? " " : "", put, " "].filter((part) => part !== "");
  });
}

function place({ article, place: where, start, end }) {
  const page = where?.page ? `p. ${where.page}` : null;
  const date = article.published ? formatPublished(article) : null;
  const details = [page, where?.heading, date, article.source].filter(Boolean).map((detail) => ` · ${detail}`);
  return el("li", {}, el("a", { href: readPath(article.id, { start, end }) }, article.title), ...details);
}

function excerpt(one) {
  const [name, words] = one.marked ? ["marked", "Found, with its alterations marked"] : VERDICTS[one.verdict];
  const text = one.differences.length ? differences(one.differences) : [one.text];
  const places = one.matches.length ? el("ul", { class: "places", "aria-label": "Places" }, ...one.matches.map(place)) : null;
  return el("li", {}, el("span", { class: `verdict ${name}` }, words), el("blockquote", { dir: "auto" }, ...text), places);
}

function summary(excerpts, claims) {
  if (excerpts.length === 0) return claims ? "There is nothing to verify in this text." : "There are no quotations in this text.";
  const count = (verdict, marked) => excerpts.filter((one) => one.verdict === verdict && one.marked === marked).length;
  const counts = [
    [count("exact", false), "exact"],
    [count("altered", true), "altered with marks"],
    [count("altered", false), "altered"],
    [count("not found", false), "not found"],
  ];
  const told = counts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return `${plural(excerpts.length, claims ? "passage" : "quotation")}: ${told.join(", ")}`;
}

async function verify(event) {
  event.preventDefault();
  const button = byId("verify").querySelector("button");
  const outcome = byId("outcome");
  const claims = byId("claims").checked;
  button.disabled = true;
  outcome.classList.remove("failed");
  outcome.textContent = "Verifying…";
  byId("excerpts").replaceChildren();
  try {
    const { excerpts } = await api.verify({ text: byId("draft").value, claims });
    byId("excerpts").replaceChildren(...excerpts.map(excerpt));
    outcome.textContent = summary(excerpts, claims);
  } catch (problem) {
    outcome.classList.add("failed");
    outcome.textContent = problem.message;
  } finally {
    button.disabled = false;
  }
}

byId("verify").addEventListener("submit", verify);
