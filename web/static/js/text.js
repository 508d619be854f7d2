/** Text: offsets in code points, as on the server; dates and numbers in the reader's locale. */

/**
 * Cut up `passage` at the sentence and, where there is one, the answer in it.
 * @param {{text: string, start: number}} passage  where `start` is its offset in the article
 * @param {{start: number, end: number}} sentence
 * @param {?{start: number, end: number}} answer
 * @returns {{kind: "around"|"sentence"|"answer", text: string}[]}
 */
export function pieces(passage, sentence, answer) {
  const points = Array.from(passage.text);
  const cut = (from, to) => points.slice(Math.max(0, from - passage.start), Math.max(0, to - passage.start)).join("");
  const marked = answer ?? { start: sentence.end, end: sentence.end };
  return [
    { kind: "around", text: lastPart(cut(passage.start, sentence.start)) },
    { kind: "sentence", text: cut(sentence.start, marked.start) },
    { kind: "answer", text: cut(marked.start, marked.end) },
    { kind: "sentence", text: cut(marked.end, sentence.end) },
    { kind: "around", text: firstPart(cut(sentence.end, Infinity)) },
  ].filter((piece) => piece.text !== "");
}

const AROUND = 160;

/** The end of a long run-up, from the start of a word. */
function lastPart(text) {
  const points = Array.from(squeeze(text).replace(/^\s+/, ""));
  return points.length <= AROUND ? points.join("") : "… " + points.slice(-AROUND).join("").replace(/^\S*\s+/, "");
}

/** The beginning of a long continuation, to the end of a word. */
function firstPart(text) {
  const points = Array.from(squeeze(text).replace(/\s+$/, ""));
  return points.length <= AROUND ? points.join("") : points.slice(0, AROUND).join("").replace(/\s+\S*$/, "") + " …";
}

const squeeze = (text) => text.replace(/\s*\n\s*/g, "\n");

/** A date, or the moment of a date-time, the way the reader writes dates; what isn't a date stays as it is. */
export function formatDate(published) {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(published);
  const moment = day ? new Date(day[1], day[2] - 1, day[3]) : new Date(published);
  return Number.isNaN(moment.getTime()) ? published : moment.toLocaleDateString(undefined, { dateStyle: "long" });
}

/** The day of an article; "about" it where the document doesn't say that it was published then. */
export const formatPublished = ({ published, published_is_guess: isGuess }) => (isGuess ? `about ${formatDate(published)}` : formatDate(published));

export function formatMoment(iso) {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

const distance = new Intl.RelativeTimeFormat("en"); // the text around it is English
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** How far away a moment is: "5 minutes ago", "in 2 hours". */
export function formatDistance(iso) {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  if (unit !== undefined) return distance.format(Math.trunc(seconds / unit[1]), unit[0]);
  return seconds > 0 ? "in a moment" : "just now";
}

/** What is wrong with a thing, below its name: "a.pdf is empty." is then "It is empty." */
export const withoutName = (problem, name) => (problem.startsWith(`${name} `) ? `It${problem.slice(name.length)}` : problem);

export const formatNumber = (number) => number.toLocaleString();

export const plural = (number, one, many = `${one}s`) => `${formatNumber(number)} ${number === 1 ? one : many}`;

/** A probability in words, the same as in a terminal, and as a level from 1 to 4. */
export function confidenceInWords(confidence) {
  if (confidence >= 0.9) return { level: 4, words: "Sure" };
  if (confidence >= 0.7) return { level: 3, words: "Fairly sure" };
  if (confidence >= 0.5) return { level: 2, words: "Not so sure" };
  return { level: 1, words: "A guess" };
}
