/** The page of a saved reply: what was answered then, and whether the articles answer the same now. */

import * as api from "./api.js";
import { renderReply } from "./answer.js";
import { byId, el, spinner } from "./dom.js";
import { formatMoment } from "./text.js";

const page = byId("saved");

async function start() {
  const { asked_at: askedAt, request, reply } = await api.savedReply(page.dataset.reply);
  byId("saved-moment").textContent = formatMoment(askedAt);
  byId("saved-moment").dateTime = askedAt;
  byId("saved-reply").replaceChildren(renderReply(reply, async () => reply.timeline));
  const now = byId("saved-now");
  now.replaceChildren(el("p", { class: "waiting" }, spinner(), "Asking the articles again…"));
  const present = await api.ask(request);
  const isSame = JSON.stringify(given(present)) === JSON.stringify(given(reply));
  const words = isSame ? "The articles still answer so." : "The articles answer differently now:";
  const timeline = async () => (await api.ask({ ...request, timeline: true })).timeline;
  now.replaceChildren(el("p", { class: "notice" }, words), ...(isSame ? [] : [renderReply(present, timeline)]));
}

/** What a reply answers: the words of the best answer and its article, or those of each sentence of a list. */
function given({ answered, answers, understood, library }) {
  if (library) return library.text;
  if (!answered) return null;
  const shown = understood?.overview ? answers : answers.slice(0, 1);
  return shown.map(({ text, article, parts }) => [article.id, text, ...parts.map((part) => part.text)]);
}

start().catch((error) => byId("saved-now").replaceChildren(el("p", { class: "notice danger" }, error.message)));
