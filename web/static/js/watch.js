/** Watching a question: an event is told when its answer comes or changes. */

import * as api from "./api.js";
import { announce, el, icon } from "./dom.js";

/**
 * The button below a reply that watches its question.
 * @param {object} reply  one that depends on its conversation is watched as it was understood
 * @param {object} fields  the filters of the request, and what it ignores
 */
export function watchButton(reply, fields) {
  const question = reply.understood?.kept_from_conversation?.length ? reply.understood.question : reply.question;
  const label = el("span", {}, "Watch this question");
  const title = "Tell me when its answer comes or changes";
  const button = el("button", { type: "button", class: "copy", title }, icon("eye"), label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await api.addWatch({ question, ...fields });
      button.replaceWith(el("a", { class: "watching", href: "/open-questions#watched" }, "Watching"));
      announce("This question is watched.");
    } catch (error) {
      button.disabled = false;
      label.textContent = error.message;
      announce(error.message);
    }
  });
  return button;
}
