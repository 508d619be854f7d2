/** The list of articles being added, each with its state, and one total of them all. */

import { byId, el, icon, readPath, spinner } from "./dom.js";
import { formatNumber } from "./text.js";

/** @type {Set<Item>} */
const items = new Set();

/** Show how many are done and failed, where there are several. */
function showTotal() {
  const count = (look) => [...items].filter(({ node }) => node.classList.contains(look)).length;
  const [done, failed, all] = [count("done"), count("bad"), items.size];
  const parts = [`${formatNumber(done)} of ${formatNumber(all)} ready`, failed > 0 ? `${formatNumber(failed)} failed` : null];
  byId("added-total").hidden = all < 2;
  byId("added-line").textContent = parts.filter(Boolean).join(", ");
  byId("added-progress").max = all || 1;
  byId("added-progress").value = done + failed;
}

/** One line of the list, newest on top. */
export class Item {
  /** @param {string} name */
  constructor(name) {
    this.sign = el("span", {});
    this.name = el("span", { class: "name", dir: "auto" }, name);
    this.says = el("span", { class: "says" }, "Waiting…");
    this.actions = el("span", { class: "do" });
    this.node = el("li", { class: "item" }, this.sign, this.name, this.actions, this.says);
    byId("added").prepend(this.node);
    this.node.scrollIntoView({ block: "nearest" });
    items.add(this);
    showTotal();
  }

  /** Take the line away. */
  remove() {
    this.node.remove();
    items.delete(this);
    showTotal();
  }

  busy(text) {
    this.#set("item", spinner(), text);
  }

  done(article, text) {
    this.name.textContent = article.title;
    this.#set("item done", icon("check"), text, el("a", { href: readPath(article.id) }, "Read"));
  }

  /** The file held many articles or feeds. */
  doneMany(text) {
    this.#set("item done", icon("check"), text);
  }

  /** @param {string} text @param {?() => void} retry  null where trying again cannot help */
  fail(text, retry) {
    const again = retry && el("button", { type: "button", class: "link", onclick: retry }, "Try again");
    const drop = el("button", { type: "button", class: "link", onclick: () => this.remove() }, "Dismiss");
    this.#set("item bad", icon("alert"), text, ...[again, drop].filter((button) => button !== null));
  }

  #set(look, sign, text, ...actions) {
    this.node.className = look;
    this.sign.replaceChildren(sign);
    this.says.textContent = text;
    this.actions.replaceChildren(...actions);
    showTotal();
  }
}
