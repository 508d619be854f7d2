import { formatDate } from "./text.js";

for (const time of document.querySelectorAll("time")) time.textContent = formatDate(time.dateTime);
