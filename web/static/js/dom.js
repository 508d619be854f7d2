/** Helpers to build elements. What comes from articles is inserted as text, never as markup. */

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => document.getElementById(id);

/**
 * Create an element. Attributes that are null or false are left out, `onclick` and its like take functions.
 * @param {string} tag
 * @param {Record<string, string|number|boolean|null|Function>} attributes
 * @param {...(Node|string|null)} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** One of the drawings of _icons.html. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const spinner = () => el("span", { class: "spinner", "aria-hidden": "true" });

export const visuallyHidden = (text) => el("span", { class: "hidden" }, text);

/** A link to another site, or null where the address is not http(s). */
export function externalLink(url, text) {
  if (!URL.canParse(url ?? "") || !["http:", "https:"].includes(new URL(url).protocol)) return null;
  const attributes = { href: url, target: "_blank", rel: "noopener noreferrer nofollow" };
  return el("a", attributes, text, visuallyHidden(" article, opens in a new tab"));
}

/** The page that shows an article, at the span in its sentence where they are given, and marks others, too. */
export function readPath(articleId, span = null, sentence = span, others = []) {
  const path = `/read/${encodeURIComponent(articleId)}`;
  if (span === null) return path;
  const also = others.map(({ start, end }) => `${start}-${end}`).join(",");
  return `${path}?start=${span.start}&end=${span.end}&from=${sentence.start}&to=${sentence.end}${also && `&also=${also}`}#here`;
}

/** Announce text to screen readers, inside the open dialog where there is one: they don't read behind it. */
export function announce(text) {
  const announcer = byId("announcer");
  const open = [...document.querySelectorAll("dialog[open]")];
  (open.at(-1) ?? document.body).append(announcer);
  announcer.textContent = "";
  setTimeout(() => {
    announcer.textContent = text;
  }, 50);
}
