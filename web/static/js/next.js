/** Three questions to ask next, below the latest answer. */

import * as api from "./api.js";
import { el } from "./dom.js";

/** Offer next questions in `place` once they are found; without any, nothing is shown. */
export async function offerNext(place, request, ask) {
  const { questions } = await api.nextQuestions(request).catch(() => ({ questions: [] }));
  if (questions.length === 0 || !place.isConnected) return;
  const chips = questions.map((question) => el("li", {}, el("button", { type: "button", class: "chip", dir: "auto", onclick: () => ask(question) }, question)));
  place.replaceChildren(el("p", {}, "Ask next"), el("ul", { class: "chips" }, ...chips));
}
