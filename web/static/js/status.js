/** What GET /index says, asked for again and again while there is something to see. */

import * as api from "./api.js";

const EVERY_MS = 400;
const RETRY_MS = 3000;
const listeners = new Set();
let timer = null;
let working = false;
let waiters = [];

/** @param {(status: object) => void} listener  gets every status from now on */
export function onStatus(listener) {
  listeners.add(listener);
}

const isWorking = ({ pending, job }) => pending > 0 || job?.state === "running";

/** Ask now, and again while there is something to see and someone to see it. @returns {Promise<object>} */
export async function refresh() {
  const asked = waiters;
  waiters = [];
  const status = await api.index().catch((error) => {
    for (const { reject } of asked) reject(error);
    throw error;
  });
  for (const listener of listeners) listener(status);
  waiters.push(...asked.filter((waiter) => !settle(waiter, status)));
  working = isWorking(status) || waiters.length > 0;
  again(EVERY_MS);
  return status;
}

function again(pause) {
  clearTimeout(timer);
  if (working && !document.hidden) timer = setTimeout(look, pause);
}

function look() {
  refresh().catch(() => again(RETRY_MS)); // the next one who asks hears of it
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});

/** Resolve when everything that was added so far can be found; reject with what is in the way. */
export function whenIndexed() {
  return new Promise((resolve, reject) => {
    waiters.push({ resolve, reject });
    look();
  });
}

function settle({ resolve, reject }, { problem, pending, job }) {
  const failed = pending > 0 && job?.state === "failed" ? (job.error ?? "The index could not be built.") : null;
  if (problem ?? failed) reject(new api.Problem(problem ?? failed));
  else if (!isWorking({ pending, job })) resolve();
  else return false;
  return true;
}
