/** Text: offsets in code points, as on the server; dates and numbers in the reader's locale. */

/**
 * Cut up `passage` at the sentence and at the answers in it, which are in order.
 * @param {{text: string, start: number}} passage  where `start` is its offset in the article
 * @param {{start: number, end: number}} sentence
 * @param {...{start: number, end: number}} answers
 * @returns {{kind: "around"|"sentence"|"answer", text: string}[]}
 */
export function pieces(passage, sentence, ...answers) {
  const points = Array.from(passage.text);
  const cut = (from, to) => points.slice(Math.max(0, from - passage.start), Math.max(0, to - passage.start)).join("");
  const found = [{ kind: "around", text: lastPart(cut(passage.start, sentence.start)) }];
  let done = sentence.start;
  for (const { start, end } of answers) {
    found.push({ kind: "sentence", text: cut(done, start) }, { kind: "answer", text: cut(Math.max(done, start), end) });
    done = Math.max(done, end);
  }
  found.push({ kind: "sentence", text: cut(done, sentence.end) });
  found.push({ kind: "around", text: firstPart(cut(sentence.end, Infinity)) });
  return found.filter((piece) => piece.text !== "");
}

const AROUND = 160;

/** The end of a long run-up, from the start of a word, or of a row of a table. */
function lastPart(text) {
  const points = Array.from(squeeze(text).replace(/^\s+/, ""));
  if (points.length <= AROUND) return points.join("");
  const part = points.slice(-AROUND).join("");
  return /^.* \| .*\n/.test(part) ? part.replace(/^.*\n/, "…\n") : "… " + part.replace(/^\S*\s+/, "");
}

/** The beginning of a long continuation, to the end of a word, or of a row of a table. */
function firstPart(text) {
  const points = Array.from(squeeze(text).replace(/\s+$/, ""));
  if (points.length <= AROUND) return points.join("");
  const part = points.slice(0, AROUND).join("");
  return /\n.* \| .*$/.test(part) ? part.replace(/\n.*$/, "\n…") : part.replace(/\s+\S*$/, "") + " …";
}

const squeeze = (text) => text.replace(/\s*\n\s*/g, "\n");

/** A date, or the moment of a date-time, the way the reader writes dates; what isn't a date stays as it is. */
export function formatDate(published, options = { dateStyle: "long" }) {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(published);
  const moment = day ? new Date(day[1], day[2] - 1, day[3]) : new Date(published);
  return Number.isNaN(moment.getTime()) ? published : moment.toLocaleDateString(undefined, options);
}

/** A short date, without its year where that is the year of `since`: "Nov 16", "Nov 16, 2026". */
export function formatDay(published, since = null) {
  const year = since?.slice(0, 4) === published.slice(0, 4) ? undefined : "numeric";
  return formatDate(published, { day: "numeric", month: "short", year });
}

/** The day of an article; "about" it where the document doesn't say that it was published then. */
export const formatPublished = ({ published, published_is_guess: isGuess }) => (isGuess ? `about ${formatDate(published)}` : formatDate(published));

const UNIT_OF_CALENDAR = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(MO|AF|EV|NI|\d\d:\d\d).*)?)?|-W(\d\d)|-Q(\d)|-(SP|SU|FA|WI))?$/;
const DAYPARTS = { MO: "morning", AF: "afternoon", EV: "evening", NI: "night" };
const SEASONS = { SP: "spring", SU: "summer", FA: "autumn", WI: "winter" };

/** A calendar unit as TIMEX3 writes it in words: "2022-03" is "March 2022"; null for other values. */
export function formatUnit(value) {
  const [whole, year, month, day, time, week, quarter, season] = UNIT_OF_CALENDAR.exec(value) ?? [];
  if (whole === undefined) return null;
  if (day) return formatDate(value.slice(0, 10)) + (time ? `, ${DAYPARTS[time] ?? time}` : "");
  if (month) return new Date(year, month - 1, 1).toLocaleDateString(undefined, { month: "long", year: "numeric" });
  if (week) return `the week of ${formatDate(mondayOf(Number(year), Number(week)))}`;
  if (quarter) return `quarter ${quarter} of ${year}`;
  return season ? `${SEASONS[season]} ${year}` : year;
}

/** The Monday of a week of ISO 8601, whose first one holds January 4. */
function mondayOf(year, week) {
  const fourth = new Date(Date.UTC(year, 0, 4));
  fourth.setUTCDate(4 - ((fourth.getUTCDay() + 6) % 7) + 7 * (week - 1));
  return fourth.toISOString().slice(0, 10);
}

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
