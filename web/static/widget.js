/**
 * <citeline-ask>: a box on any web page that asks a Citeline service and shows the quotation that answers.
 *
 *   <script src="https://citeline.example.org/widget.js" async></script>
 *   <citeline-ask></citeline-ask>
 *
 * Attributes: server, lang, placeholder, theme, token, and the filters of POST /ask. What comes from articles is
 * inserted as text, never as markup.
 */
(() => {
  "use strict";

  if (customElements.get("citeline-ask")) return;

  const HOME = new URL(document.currentScript?.src ?? location.href).origin; // the service that the script came from
  const FILTERS = ["source", "language", "article", "published-from", "published-to", "as-of", "undated"];
  const PATIENCE_MS = 30_000;

  const ENGLISH = {
    ask: "Ask", label: "Ask the articles", placeholder: "Ask a question", asking: "Searching…",
    unanswered: "The articles don’t say.", closest: "Closest passages", others: "Other possible answers",
    differs: "differs", earlier: "earlier", about: "about", undated: "undated", reported: "Reported: ",
    absent: "Not mentioned here: ", unclear: "Perhaps not about: ", read: "Read in the article", page: "p.",
    tab: "opens in a new tab", sure: ["Sure", "Fairly sure", "Not so sure", "A guess"],
    away: "The service can’t be reached. Try again in a moment.", busy: "Too many questions at once. Try again in a moment.",
    wait: "Too many questions. Try again in {} seconds.", failed: "Something went wrong.", retry: "Try again",
    misread: "The filter {} of this page can’t be read.",
  };
  // What a language lacks is in English, as the answers of the service are.
  const WORDS = {
    en: ENGLISH,
    de: {
      ask: "Fragen", label: "Frage an die Artikel", placeholder: "Eine Frage stellen", asking: "Suche …",
      unanswered: "Die Artikel sagen es nicht.", closest: "Ähnlichste Stellen", others: "Andere mögliche Antworten",
      differs: "anders", earlier: "früher", about: "etwa", undated: "ohne Datum", reported: "Berichtet: ",
      absent: "Hier nicht erwähnt: ", unclear: "Vielleicht nicht über: ", read: "Im Artikel lesen", page: "S.",
      tab: "öffnet einen neuen Tab", sure: ["Sicher", "Ziemlich sicher", "Nicht so sicher", "Eine Vermutung"],
      away: "Der Dienst ist nicht erreichbar. Bitte gleich noch einmal versuchen.",
      busy: "Zu viele Fragen auf einmal. Bitte gleich noch einmal versuchen.",
      wait: "Zu viele Fragen. Bitte in {} Sekunden noch einmal versuchen.", failed: "Etwas ist schiefgegangen.",
      retry: "Noch einmal",
    },
    fr: {
      ask: "Demander", label: "Interroger les articles", placeholder: "Posez une question", asking: "Recherche…",
      unanswered: "Les articles ne le disent pas.", closest: "Passages les plus proches", others: "Autres réponses possibles",
      differs: "autre version", earlier: "auparavant", about: "vers le", undated: "sans date", reported: "Rapporté : ",
      absent: "Non mentionné ici : ", unclear: "Peut-être pas à propos de : ", read: "Lire dans l’article", page: "p.",
      tab: "s’ouvre dans un nouvel onglet", sure: ["Sûr", "Assez sûr", "Peu sûr", "Une supposition"],
      away: "Le service est injoignable. Réessayez dans un instant.",
      busy: "Trop de questions à la fois. Réessayez dans un instant.",
      wait: "Trop de questions. Réessayez dans {} secondes.", failed: "Une erreur s’est produite.", retry: "Réessayer",
    },
    he: {
      ask: "שאל", label: "שאלה לכתבות", placeholder: "כתבו שאלה", asking: "מחפש…",
      unanswered: "הכתבות אינן אומרות.", closest: "הקטעים הקרובים ביותר", others: "תשובות אפשריות נוספות",
      differs: "אחרת", earlier: "קודם", about: "בערך", undated: "ללא תאריך", reported: "דווח: ",
      absent: "לא מוזכר כאן: ", unclear: "אולי לא על: ", read: "לקריאה בכתבה", page: "עמ׳",
      tab: "נפתח בלשונית חדשה", sure: ["בטוח", "די בטוח", "לא כל כך בטוח", "ניחוש"],
      away: "השירות אינו זמין. נסו שוב בעוד רגע.", busy: "יותר מדי שאלות בבת אחת. נסו שוב בעוד רגע.",
      wait: "יותר מדי שאלות. נסו שוב בעוד {} שניות.", failed: "משהו השתבש.", retry: "נסו שוב",
    },
  };
  const RIGHT_TO_LEFT = new Set(["he"]);

  // Whatever the accent of a page is: black or white on it, by its luminance, and as text as light or dark as it must be.
  const LUMINANCE = "(0.2126 * r + 0.7152 * g + 0.0722 * b)";
  const BLACK_OR_WHITE = `clamp(0, (0.179 - ${LUMINANCE}) * 9999, 1)`;
  const STYLE = `
    :host { display: block; --accent: var(--citeline-accent, light-dark(#0d5964, #8accce));
      --text-accent: light-dark(oklch(from var(--accent) min(l, 0.5) c h), oklch(from var(--accent) max(l, 0.75) c h)); font-size: 1rem; line-height: 1.5; }
    :host([hidden]) { display: none; }
    :host([theme="light"]) { color-scheme: light; }
    :host([theme="dark"]) { color-scheme: dark; }
    :host([theme="auto"]) { color-scheme: light dark; }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    .box { padding: 1rem; border: 1px solid light-dark(#ddd5c4, #3b3832); border-radius: 10px; overflow-wrap: anywhere;
      background: light-dark(#fffdf8, #22201d); color: light-dark(#24211c, #ece7dc); text-align: start; }
    form { display: flex; flex-wrap: wrap; gap: 0.5rem; }
    input, button { min-height: 2.75rem; padding: 0.5rem 0.9rem; border-radius: 8px; font: inherit; }
    input { flex: 1 1 12rem; min-width: 0; border: 1px solid light-dark(#8a8272, #857e70); background: light-dark(#fff, #191816); color: inherit; }
    input::placeholder { color: light-dark(#716a5e, #9a9387); opacity: 1; }
    button { border: 0; background: var(--accent); color: color(from var(--accent) srgb-linear ${BLACK_OR_WHITE} ${BLACK_OR_WHITE} ${BLACK_OR_WHITE}); font-weight: 600; cursor: pointer; }
    :is(input, button, a, summary):focus-visible { outline: 3px solid var(--text-accent); outline-offset: 2px; }
    .reply:empty { display: none; }
    .reply { margin-top: 1rem; }
    .reply > * + *, .entry > * + *, details > * + * { margin-top: 0.6rem; }
    .words { font-size: 1.45rem; font-weight: 600; line-height: 1.3; }
    .words.long { font-size: 1.1rem; }
    ul { padding-inline-start: 1.2rem; }
    .muted, .byline, .others, summary { color: light-dark(#655f54, #aea799); font-size: 0.9375rem; }
    .others { list-style: none; padding: 0; }
    .others .earlier { font-style: italic; }
    blockquote { padding-inline-start: 0.9rem; border-inline-start: 3px solid light-dark(#ddd5c4, #3b3832); white-space: pre-line; }
    .around { color: light-dark(#716a5e, #9a9387); }
    mark { padding: 0 0.1em; border-bottom: 2px solid light-dark(#a68400, #c9a92a); background: light-dark(#ffe46b, #6d5a0c); color: light-dark(#24211c, #fff6d2); }
    .byline { display: flex; flex-wrap: wrap; gap: 0.1rem 0.8rem; }
    a { color: var(--text-accent); }
    summary { width: fit-content; padding: 0.3rem 0; cursor: pointer; }
    details .words { font-size: 1.1rem; }
    .problem { color: light-dark(#a1281e, #f29a8e); }
    .problem button { margin-inline-start: 0.6rem; min-height: 2.2rem; padding: 0.2rem 0.7rem; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  `;

  /** Create an element; attributes that are null are left out, and so are children. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }

  /** Whether a span stands inside another one of the same article. */
  const isIn = (article, outer, one) => one.article.id === article.id && outer.start <= one.start && one.end <= outer.end;

  const AROUND = 160;

  /** The words around a sentence, cut to their end, or with `isAfter` to their beginning. */
  function shorten(text, isAfter) {
    const points = Array.from(text);
    if (points.length <= AROUND) return text;
    const part = isAfter ? points.slice(0, AROUND) : points.slice(-AROUND);
    return isAfter ? `${part.join("").replace(/\s+\S*$/, "")} …` : `… ${part.join("").replace(/^\S*\s+/, "")}`;
  }

  class CitelineAsk extends HTMLElement {
    #input;
    #reply;
    #status;
    #running = null;
    #words = ENGLISH;

    static observedAttributes = ["lang", "placeholder"];

    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      const sheet = new CSSStyleSheet(); // a policy against inline styles doesn't forbid it
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.#input = el("input", { type: "text", enterkeyhint: "search", autocomplete: "off", dir: "auto", required: "" });
      const form = el("form", { role: "search" }, this.#input, el("button", { type: "submit" }));
      form.noValidate = true;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (this.#input.value.trim() !== "") this.ask(this.#input.value.trim());
      });
      this.#reply = el("div", { class: "reply" });
      this.#status = el("p", { class: "hidden", role: "status", "aria-live": "polite" });
      root.append(el("div", { class: "box" }, form, this.#reply, this.#status));
      this.attributeChangedCallback();
    }

    attributeChangedCallback() {
      if (!this.#input) return;
      const language = (this.closest("[lang]")?.lang || navigator.language).split("-")[0].toLowerCase();
      const known = Object.hasOwn(WORDS, language) ? language : "en";
      this.#words = { ...ENGLISH, ...WORDS[known] };
      const box = this.shadowRoot.querySelector(".box");
      box.lang = known;
      box.dir = RIGHT_TO_LEFT.has(known) ? "rtl" : "ltr";
      this.#input.placeholder = this.getAttribute("placeholder") ?? this.#words.placeholder;
      this.#input.setAttribute("aria-label", this.#words.label);
      this.shadowRoot.querySelector("button").textContent = this.#words.ask;
    }

    /** Ask a question and show the reply; a question that is still waited for is dropped. */
    async ask(question) {
      this.#running?.abort();
      const running = (this.#running = new AbortController());
      this.#input.value = question;
      this.#reply.setAttribute("aria-busy", "true");
      this.#reply.replaceChildren(el("p", { class: "muted" }, this.#words.asking));
      this.#status.textContent = this.#words.asking;
      let shown;
      try {
        const reply = await this.#fetch(question, AbortSignal.any([running.signal, AbortSignal.timeout(PATIENCE_MS)]));
        // What it says of a missing answer is in English; the words of the language stand for it.
        if (reply.closest.length > 0 && this.shadowRoot.querySelector(".box").lang !== "en") reply.hint = null;
        shown = { nodes: this.#render(reply), text: this.#announcement(reply) };
      } catch (error) {
        const text = error instanceof Problem ? error.message : this.#words.away;
        shown = { nodes: [this.#problem(text, question)], text };
      }
      if (running !== this.#running) return; // another question was asked meanwhile
      this.#reply.removeAttribute("aria-busy");
      this.#reply.replaceChildren(...shown.nodes.filter(Boolean));
      this.#status.textContent = shown.text;
    }

    get #server() {
      return new URL(this.getAttribute("server") ?? HOME, location.href);
    }

    async #fetch(question, signal) {
      const headers = { Accept: "application/json", "Content-Type": "application/json" };
      if (this.hasAttribute("token")) headers.Authorization = `Bearer ${this.getAttribute("token")}`;
      const body = JSON.stringify({ question, ...this.#filters() });
      const how = { method: "POST", mode: "cors", credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };
      const response = await fetch(new URL("/ask", this.#server), { ...how, headers, body, signal });
      if (response.ok) return response.json();
      const { detail, title } = await response.json().catch(() => ({}));
      const seconds = Number(response.headers.get("Retry-After"));
      if (response.status === 429 && seconds > 0) throw new Problem(this.#words.wait.replace("{}", seconds));
      if (response.status === 429 || response.status === 503) throw new Problem(this.#words.busy);
      throw new Problem(detail || title || this.#words.failed);
    }

    /** The filters of the attributes; several values are a JSON list. */
    #filters() {
      const given = FILTERS.filter((name) => this.hasAttribute(name)).map((name) => {
        const value = this.getAttribute(name);
        if (!value.trim().startsWith("[")) return [name.replace("-", "_"), value];
        try {
          return [name.replace("-", "_"), JSON.parse(value)];
        } catch {
          throw new Problem(this.#words.misread.replace("{}", name));
        }
      });
      return Object.fromEntries(given);
    }

    #problem(text, question) {
      const button = el("button", { type: "button" }, this.#words.retry);
      button.addEventListener("click", () => {
        this.#input.focus(); // the button goes away
        this.ask(question);
      });
      return el("p", { class: "problem" }, text, button);
    }

    /** What a screen reader says when the reply is there. */
    #announcement({ library, answered, answers, hint, closest }) {
      const isHint = hint && closest.length === 0; // to small talk, or where there are no articles
      if (library) return library.text;
      if (!answered) return [isHint ? null : this.#words.unanswered, hint].filter(Boolean).join(" ");
      const [best] = answers;
      const others = this.#otherValues(best).map(({ label, one }) => `${label}: ${one.text}.`);
      return [`${this.#textOf(best)}. ${this.#confidence(best)}.`, ...others, best.article.title].join(" ");
    }

    #textOf = (answer) => (this.#standApart(answer) ? answer.parts.map(({ text }) => text).join("; ") : answer.text);

    #render({ library, answered, answers, closest, hint, understood }) {
      if (library) return [el("p", { class: "words long", lang: "en", dir: "auto" }, library.text)];
      if (!answered) {
        const passages = closest.map((one) => this.#entry({ ...one, sentence: one }, false));
        return [
          passages.length > 0 || !hint ? el("p", { class: "words long unanswered" }, this.#words.unanswered) : null,
          hint ? el("p", { class: "muted", lang: "en" }, hint) : null,
          this.#unfold(this.#words.closest, passages),
        ];
      }
      if (understood?.overview) return answers.map((one) => this.#entry(one, false));
      const [best, ...others] = answers;
      return [this.#entry(best), this.#unfold(this.#words.others, others.map((one) => this.#entry(one)))];
    }

    #unfold(name, entries) {
      return entries.length > 0 ? el("details", {}, el("summary", {}, `${name} (${entries.length})`), entries) : null;
    }

    /** An answer above its sentence, or a sentence alone. */
    #entry(answer, hasWords = true) {
      const { article, sentence, parts = [], via = [], table, attribution, missing = [], evidence = [] } = answer;
      const elsewhere = this.#standApart(answer) ? parts.filter((part) => !isIn(article, sentence, part)) : [];
      const marked = hasWords ? [{ ...answer, article }, ...parts].filter((one) => isIn(article, sentence, one)) : [];
      const cell = [table?.row?.text, table?.column?.text].filter(Boolean).join(" · ");
      const names = (wanted) => evidence.filter(({ kind, met }) => met === wanted && kind !== "negation" && kind !== "order").map(({ text }) => text).join(", ");
      const absent = names(false), unclear = names(null);
      return el(
        "article",
        { class: "entry" },
        hasWords ? this.#said(answer) : null,
        hasWords ? el("p", { class: "muted" }, this.#confidence(answer)) : null,
        this.#renderOtherValues(answer),
        attribution ? el("p", { class: "muted", dir: "auto" }, this.#words.reported, attribution.text) : null,
        cell ? el("p", { class: "muted", dir: "auto" }, cell) : null,
        this.#quote(answer.context ?? sentence, sentence, marked, article),
        [...via, ...elsewhere]
          .filter((one) => one.article.id !== article.id || one.sentence.start !== sentence.start)
          .flatMap((one) => [this.#quote(one.sentence, one.sentence, [one], one.article), one.article.id === article.id ? null : this.#byline(one)]),
        missing.length > 0 ? el("p", { class: "muted", dir: "auto" }, this.#words.unanswered, " ", missing.join(" ")) : null,
        absent ? el("p", { class: "muted" }, this.#words.absent, el("bdi", {}, absent)) : null,
        unclear ? el("p", { class: "muted" }, this.#words.unclear, el("bdi", {}, unclear)) : null,
        this.#byline(answer),
      );
    }

    /** Whether an answer has parts that its words don't hold. */
    #standApart = (answer) => (answer.parts ?? []).some((part) => !isIn(answer.article, answer, part));

    #said(answer) {
      if (this.#standApart(answer)) {
        const items = answer.parts.map(({ text, question }) => el("li", { dir: "auto" }, question ? el("span", { class: "muted" }, `${question} `) : null, text));
        return el("ul", { class: "words long" }, items);
      }
      return el("p", { class: answer.text.length > 60 ? "words long" : "words", dir: "auto" }, answer.text);
    }

    /** A passage with its sentence, in which the spans are marked; offsets count code points. */
    #quote(passage, sentence, spans, article) {
      const points = Array.from(passage.text);
      const cut = (from, to) => points.slice(Math.max(0, from - passage.start), Math.max(0, to - passage.start)).join("");
      const nodes = [el("span", { class: "around" }, shorten(cut(passage.start, sentence.start), false))];
      let done = sentence.start;
      for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
        if (end <= done) continue;
        nodes.push(cut(done, start), el("mark", {}, cut(Math.max(done, start), end)));
        done = end;
      }
      nodes.push(cut(done, sentence.end), el("span", { class: "around" }, shorten(cut(sentence.end, Infinity), true)));
      return el("blockquote", { dir: "auto", lang: article.language ?? null }, nodes);
    }

    /** Title, page, date and source of an article, with a link to the place of the words in it. */
    #byline(quote) {
      const { article, place } = quote;
      const { title, published, published_is_guess: isGuess, source } = article;
      const words = this.#words;
      const day = published ? [isGuess ? `${words.about} ` : "", this.#day(published)].join("") : null;
      const where = [place?.page ? `${words.page} ${place.page}` : null, place?.heading].filter(Boolean).join(" · ");
      return el(
        "p",
        { class: "byline" },
        el("cite", { dir: "auto" }, title),
        where ? el("span", { dir: "auto" }, where) : null,
        day ? el("time", { datetime: published }, day) : el("span", {}, words.undated),
        source ? el("bdi", {}, source) : null,
        this.#link(quote, words.read),
      );
    }

    /** A link to the words: on the article's own page where it has one, or else on that of the service. */
    #link({ article, link, start, end, sentence = { start, end } }, ...children) {
      const query = new URLSearchParams({ start, end, from: sentence.start, to: sentence.end });
      const own = link ?? article.url ?? "";
      const isWeb = URL.canParse(own) && /^https?:$/.test(new URL(own).protocol);
      const href = isWeb ? own : new URL(`/read/${encodeURIComponent(article.id)}?${query}#here`, this.#server);
      const attributes = { href, target: "_blank", rel: "noopener noreferrer" };
      return el("a", attributes, children, el("span", { class: "hidden" }, ` (${this.#words.tab})`));
    }

    #otherValues({ differs = [], supersedes = [] }) {
      const label = (name) => (one) => ({ name, label: this.#words[name], one });
      return [...differs.map(label("differs")), ...supersedes.map(label("earlier"))];
    }

    /** "earlier: seven (November 16, 2026, Gazette)" */
    #renderOtherValues(answer) {
      const items = this.#otherValues(answer).map(({ name, label, one }) => {
        const { published, source, title } = one.article;
        const from = [published ? this.#day(published) : null, source ?? title].filter(Boolean).join(", ");
        return el("li", { class: name }, `${label}: `, this.#link(one, el("bdi", {}, one.text)), " (", el("bdi", {}, from), ")");
      });
      return items.length > 0 ? el("ul", { class: "others" }, items) : null;
    }

    #confidence({ confidence }) {
      const limits = [0.9, 0.7, 0.5, 0];
      return this.#words.sure[limits.findIndex((limit) => confidence >= limit)];
    }

    #day(published) {
      const moment = new Date(/^\d{4}-\d\d-\d\d$/.test(published) ? `${published}T00:00` : published);
      const { lang } = this.shadowRoot.querySelector(".box");
      return Number.isNaN(moment.getTime()) ? published : moment.toLocaleDateString(lang, { dateStyle: "long" });
    }
  }

  /** An error whose message is for the reader. */
  class Problem extends Error {}

  customElements.define("citeline-ask", CitelineAsk);
})();
