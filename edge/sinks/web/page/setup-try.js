/** The step that lets somebody sign one of three words. */
import { fetchJson, send } from "./commands.js";
import { arabic, element, english } from "./history.js";
import { put, putPlain } from "./language.js";
import { Movement } from "./movement.js";

const byId = (id) => document.getElementById(id);

/** Shows the three words, and those that were seen. */
export class TryStep {
  name = "try";
  #context;
  #movement = null;
  #rows = new Map();
  #isAsked = false;

  constructor(context) {
    this.#context = context;
    byId("setup-again").addEventListener("click", () => send("setup", { action: "try" }));
  }

  enter() {
    this.#context.showView(byId("setup-view-of-try"));
    this.#isAsked = false;
  }

  leave() {
    send("setup", { action: "stop" });
    this.#movement?.show([]);
    byId("setup-movement").hidden = true;
  }

  show({ tried }) {
    if (!tried) return this.#begin();
    this.#isAsked = false;
    const ids = tried.words.map(({ sign }) => sign.sign_id);
    if (ids.join() !== [...this.#rows.keys()].join()) this.#list(tried.words);
    for (const { sign, seen } of tried.words) {
      const row = this.#rows.get(sign.sign_id);
      row.classList.toggle("seen", seen);
      row.querySelector(".mark").hidden = !seen;
    }
    const seen = tried.words.filter((word) => word.seen).at(-1);
    if (seen) put(byId("setup-tried"), "setup-tried", { word: seen.sign.word });
    else putPlain(byId("setup-tried"), "");
    byId("setup-tried").classList.toggle("good", Boolean(seen));
    if (tried.others.length) put(byId("setup-others"), "setup-others", { words: tried.others.map(({ word }) => word).join("، ") });
    else putPlain(byId("setup-others"), "");
  }

  /** Begin unless another browser has: what was seen for it is seen here too. */
  #begin() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    send("setup", { action: "try" });
  }

  #list(words) {
    this.#rows = new Map(words.map((word) => [word.sign.sign_id, this.#row(word)]));
    byId("setup-words").replaceChildren(...this.#rows.values());
  }

  #row({ sign, has_movement: hasMovement }) {
    const row = element("li");
    const names = element("span", "entry");
    names.append(arabic("b", sign.word), ...(sign.word_en === sign.word ? [] : [english(sign.word_en)]));
    const mark = element("span", "mark");
    put(mark, "setup-word-seen");
    mark.hidden = true;
    row.append(names, mark);
    if (hasMovement) {
      const button = Object.assign(element("button"), { type: "button" });
      put(button, "setup-show-sign");
      button.addEventListener("click", () => this.#showSign(sign.sign_id, row));
      row.append(button);
    }
    return row;
  }

  /** Show how a word is signed, below it. */
  async #showSign(id, row) {
    const content = await fetchJson(`api/dictionary/${id}`);
    if (!content) return;
    this.#movement ??= new Movement("setup-movement");
    byId("setup-movement").hidden = false;
    row.append(byId("setup-movement"));
    this.#movement.show(content.takes);
  }
}
