/** What GET /index says, asked for again and again while there is something to see. */

import * as api from "./api.js";

const EVERY_MS = 700;
const listeners = new Set();
let timer = null;

/** @param {(status: object) => void} listener  gets every status from now on */
export function onStatus(listener) {
  listeners.add(listener);
}

export const isWorking = ({ pending, job }) => pending > 0 || job?.state === "running";

/** Ask now, and again while the index is at work and this page can be seen. @returns {Promise<object>} */
export async function refresh() {
  clearTimeout(timer);
  const status = await api.index();
  for (const listener of listeners) listener(status);
  clearTimeout(timer);
  if (isWorking(status) && !document.hidden) timer = setTimeout(() => refresh().catch(() => {}), EVERY_MS);
  return status;
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh().catch(() => {});
});

/** Resolve when everything that was added can be found; reject with what is in the way. */
export async function whenIndexed() {
  for (;;) {
    const status = await api.index();
    if (status.problem) throw new api.Problem(status.problem, 0);
    if (status.job?.state === "failed") throw new api.Problem(status.job.error ?? "The index could not be built.", 0);
    if (!isWorking(status)) return;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
