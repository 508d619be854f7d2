/** The state of the index, polled while it changes. */

import * as api from "./api.js";

const EVERY_MS = 400;
const RETRY_MS = 3000;
const listeners = new Set();
let timer = null;
let working = false;
let waiters = [];

/** @param {(status: object) => void} listener  is called with every status from now on */
export function onStatus(listener) {
  listeners.add(listener);
}

const isWorking = ({ pending, job }) => pending > 0 || job?.state === "running";

/** Fetch the state now, and again while it changes and the page is visible. @returns {Promise<object>} */
export async function refresh() {
  const current = waiters;
  waiters = [];
  const status = await api.index().catch((error) => {
    for (const { reject } of current) reject(error);
    throw error;
  });
  for (const listener of listeners) listener(status);
  waiters.push(...current.filter((waiter) => !settle(waiter, status)));
  working = isWorking(status) || waiters.length > 0;
  again(EVERY_MS);
  return status;
}

function again(pause) {
  clearTimeout(timer);
  if (working && !document.hidden) timer = setTimeout(poll, pause);
}

function poll() {
  refresh().catch(() => again(RETRY_MS)); // a later refresh reports the error
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) poll();
});

/** Resolve when all articles are indexed; reject with the problem that prevents it. */
export function whenIndexed() {
  return new Promise((resolve, reject) => {
    waiters.push({ resolve, reject });
    poll();
  });
}

function settle({ resolve, reject }, { problem, pending, job }) {
  const failed = pending > 0 && job?.state === "failed" ? (job.error ?? "The index could not be built.") : null;
  if (problem ?? failed) reject(new api.Problem(problem ?? failed));
  else if (!isWorking({ pending, job })) resolve();
  else return false;
  return true;
}
