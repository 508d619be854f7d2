/** Suggestions while a question is typed: a listbox below the question box. A text area may not have the role combobox. */

import * as api from "./api.js";
import { announce, byId, el } from "./dom.js";
import { plural } from "./text.js";

const PAUSE_MS = 120;
const MIN_LENGTH = 2;
const MAX_LENGTH = 120; // whoever has typed more has a question of their own
const MAX_NAMES = 3;
const MOVES = { ArrowDown: 1, ArrowUp: -1 };

export class Suggestions {
  #box;
  #list = byId("suggestions");
  #choose;
  #timer = null;
  #latest = 0; // number of the newest request; the replies to others come too late
  #place = -1;

  /** @param {HTMLTextAreaElement} box @param {(question: string) => void} choose  is called with a question that was chosen */
  constructor(box, choose) {
    this.#box = box;
    this.#choose = choose;
    const attributes = { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": "suggestions" };
    for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value);
    this.close();
    box.addEventListener("input", () => this.#later());
    box.addEventListener("blur", () => this.close());
    this.#list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option !== null) this.#take(option);
    });
  }

  get #options() {
    return [...this.#list.children];
  }

  close() {
    this.#latest += 1;
    clearTimeout(this.#timer);
    this.#list.hidden = true;
    this.#point(-1);
  }

  /** React to a key in the box. @returns {boolean} whether it was one for the list */
  onKey(event) {
    if (this.#list.hidden) return false;
    const move = MOVES[event.key];
    if (move !== undefined) this.#point(this.#place === -1 && move < 0 ? this.#options.length - 1 : this.#place + move);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.#place !== -1) this.#take(this.#options[this.#place]);
    else return false;
    event.preventDefault();
    return true;
  }

  /** Make an option the active one; beyond the last one is the box itself. */
  #point(place) {
    this.#place = place < 0 || place >= this.#options.length ? -1 : place;
    for (const [at, option] of this.#options.entries()) option.setAttribute("aria-selected", String(at === this.#place));
    const option = this.#options[this.#place];
    option?.scrollIntoView({ block: "nearest" });
    if (option === undefined) this.#box.removeAttribute("aria-activedescendant");
    else this.#box.setAttribute("aria-activedescendant", option.id);
  }

  #later() {
    clearTimeout(this.#timer);
    const typed = this.#box.value.trim();
    if (typed.length < MIN_LENGTH || typed.length > MAX_LENGTH || typed.includes("\n")) this.close();
    else this.#timer = setTimeout(() => this.#fetch(), PAUSE_MS);
  }

  async #fetch() {
    const number = (this.#latest += 1);
    const found = await api.suggest(this.#box.value).catch(() => null); // without suggestions one goes on typing
    if (number !== this.#latest) return;
    if (found === null) this.close();
    else this.#show(found);
  }

  #show({ questions, names }) {
    const wasHidden = this.#list.hidden;
    const options = [
      ...questions.map((text) => el("li", { dir: "auto" }, text)),
      ...names.slice(0, MAX_NAMES).map((text) => el("li", { dir: "auto", "data-name": text }, text, el("span", { class: "kind" }, "name"))),
    ];
    if (options.length === 0) {
      this.close();
      return;
    }
    for (const [place, option] of options.entries()) {
      option.id = `suggestion-${place}`;
      option.setAttribute("role", "option");
    }
    this.#list.replaceChildren(...options);
    this.#list.scrollTop = 0;
    this.#list.hidden = false;
    this.#point(-1);
    if (wasHidden) announce(`${plural(options.length, "suggestion")}.`);
  }

  /** Ask a question that was chosen; complete a name. */
  #take(option) {
    const { name } = option.dataset;
    this.close();
    if (name === undefined) {
      this.#choose(option.textContent);
      return;
    }
    this.#box.value = `${complete(this.#box.value, name)} `;
    this.#box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Put a name in the place of its beginning at the end of what was typed: "how old is mar" becomes "how old is Marcus Teel". */
export function complete(typed, name) {
  const words = typed.trim().split(/\s+/);
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const starts = fold(name).split(/\s+/).map((_, place, all) => all.slice(place).join(" "));
  const begins = words.findIndex((_, place) => starts.some((start) => start.startsWith(fold(words.slice(place).join(" ")))));
  return [...words.slice(0, begins === -1 ? words.length : begins), name].join(" ");
}
