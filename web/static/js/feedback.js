/** Feedback on an answer, with an optional reason; it is kept where the service keeps questions. */

import * as api from "./api.js";
import { announce, el, icon } from "./dom.js";

const MAX_REASON = 1000;
const LABELS = { up: "Good answer", down: "Wrong answer" };

/** The buttons for an answer of a reply, or null where no feedback is kept. */
export function renderFeedback(reply, answer) {
  if (!document.body.classList.contains("keeps-questions")) return null;
  const kept = reply.understood?.kept_from_conversation?.length ? reply.understood.question : reply.question;
  const { article, start, end } = answer;
  let former = null;
  const status = el("span", { class: "feedback-status" });
  const reason = el("input", { type: "text", maxlength: MAX_REASON, placeholder: "Why? (optional)", "aria-label": "Why?", autocomplete: "off" });
  const form = el("form", { class: "reason", hidden: true }, reason, el("button", { type: "submit", class: "button" }, "Send"));

  async function give(kind, why) {
    const before = former === null ? {} : { replaces: former };
    try {
      ({ id: former } = await api.giveFeedback({ question: kept, verdict: kind, article: article.id, start, end, ...why, ...before }));
    } catch (error) {
      status.textContent = error.message;
      announce(error.message);
      return false;
    }
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === kind));
    status.textContent = "Thank you.";
    announce(why.reason ? "Your reason is kept." : "Your feedback is kept.");
    return true;
  }

  const button = (kind) => {
    const label = LABELS[kind];
    const onclick = async () => {
      if (await give(kind, {})) form.hidden = false;
    };
    return el("button", { type: "button", class: "copy", "aria-pressed": "false", "aria-label": label, title: label, onclick }, icon(`thumb-${kind}`));
  };
  const buttons = { up: button("up"), down: button("down") };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const kind = buttons.up.getAttribute("aria-pressed") === "true" ? "up" : "down";
    if (await give(kind, { reason: reason.value })) form.hidden = true;
  });
  return el("div", { class: "feedback", role: "group", "aria-label": "Is this answer right?" }, buttons.up, buttons.down, form, status);
}
