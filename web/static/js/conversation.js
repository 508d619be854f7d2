/** The turns of the conversation: kept in this tab, and sent with a question that may refer to them. */

const STORAGE_KEY = "citeline.turns";
const MAX_SAVED_TURNS = 30;
const MAX_SENT_TURNS = 10; // all that a question refers to
const MAX_ANSWER = 300;

/** The field `conversation` of a request: what was asked in these turns, and answered. */
export function conversationOf(turns) {
  const done = turns.filter(({ reply }) => reply !== null).slice(-MAX_SENT_TURNS);
  return done.map(({ question, reply }) => ({ question, answer: reply.answers.length ? beginning(reply.answers[0].text) : null }));
}

/** The first characters of a text: half of one, as of an emoji, would be refused. */
function beginning(text) {
  return Array.from(text).slice(0, MAX_ANSWER).join("");
}

export function saveTurns(turns) {
  const done = turns.filter(({ reply }) => reply !== null).slice(-MAX_SAVED_TURNS);
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(done.map(({ id, question, fields, reply }) => ({ id, question, fields, reply }))));
  } catch {
    // no storage: the question is asked again on return
  }
}

/** @returns {{id: string, question: string, fields: object, reply: object}[]} those saved before an update have no `fields` */
export function savedTurns() {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    return [];
  }
}

/** The conversation as Markdown: each question, its answer, and the quotes with their articles. */
export function asMarkdown(turns) {
  const done = turns.filter(({ reply }) => reply !== null);
  return done.map(({ question, reply }) => [`## ${escaped(question)}`, ...replyLines(reply)].join("\n\n")).join("\n\n") + "\n";
}

function replyLines(reply) {
  if (reply.library) return [escaped(reply.library.text)];
  if (!reply.answered) return [escaped(reply.hint ?? "The articles don’t say.")];
  return reply.answers.flatMap(({ text, sentence, article }) => {
    const from = [article.title, article.published, article.source, article.url].filter(Boolean).join(", ");
    return [`**${escaped(text)}**`, `> ${escaped(sentence.text)}\n>\n> — ${escaped(from)}`];
  });
}

const escaped = (text) => text.trim().replace(/\s*\n\s*/g, " ").replace(/[\\`*_[\]<>#|~&]/g, "\\$&");
