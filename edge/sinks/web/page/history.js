/** What was said, newest first; each word opens to what else it might have been, and to its times. */
import { fillBar, SURE_FROM } from "./caption.js";
import { put } from "./language.js";

const REMEMBERED = 200; // as many as a page can hold without growing slow

/** The list of an `ol`; `empty`, if there is one, is shown while nothing is in it. */
export class History {
  #list;
  #empty;

  constructor(list, empty = null) {
    this.#list = list;
    this.#empty = empty;
  }

  /** Add a word event as the newest. */
  add(event) {
    this.#list.prepend(item(event));
    while (this.#list.children.length > REMEMBERED) this.#list.lastElementChild.remove();
    if (this.#empty) this.#empty.hidden = true;
  }

  /** Forget all. */
  clear() {
    this.#list.replaceChildren();
    if (this.#empty) this.#empty.hidden = false;
  }
}

function item(event) {
  const details = element("details");
  const summary = element("summary");
  const at = element("time", "at");
  at.dateTime = event.emitted_at;
  put(at, "at", { at: new Date(event.emitted_at) });
  const said = element("span", "said");
  said.append(arabic("b", event.word));
  if (event.word_en !== event.word) said.append(english(event.word_en));
  if (event.late) said.append(named("span", "tag", "history-late"));
  summary.append(at, said, sureness(event.confidence));
  summary.classList.toggle("unsure", event.confidence < SURE_FROM);
  details.append(summary, more(event));
  const entry = element("li");
  entry.append(details);
  return entry;
}

function more(event) {
  const block = element("div", "more");
  if (event.alternatives.length) {
    const others = element("ul");
    for (const other of event.alternatives) {
      const line = element("li");
      line.append(arabic("span", other.word), sureness(other.confidence));
      others.append(line);
    }
    block.append(named("p", "quiet", "alternatives"), others);
  } else {
    block.append(named("p", "quiet", "no-alternatives"));
  }
  const [started, ended, emitted] = [event.started_at, event.ended_at, event.emitted_at].map((at) => Date.parse(at) / 1e3);
  block.append(
    named("p", "quiet", "word-times", { signed: ended - started, delay: emitted - ended }),
    named("p", "quiet", "word-model", { model: event.model, seq: event.seq }),
  );
  return block;
}

function sureness(share) {
  const whole = element("span", "sureness");
  const bar = element("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  bar.append(element("i"));
  fillBar(bar, share);
  whole.append(bar, named("span", "share", "share", { share }));
  return whole;
}

function arabic(tag, word) {
  const node = element(tag);
  node.lang = "ar";
  node.dir = "rtl";
  node.textContent = word;
  return node;
}

function english(word) {
  const node = element("span", "english");
  node.lang = "en";
  node.dir = "ltr";
  node.textContent = word;
  return node;
}

function named(tag, kind, name, inserted) {
  const node = element(tag, kind);
  put(node, name, inserted);
  return node;
}

function element(tag, kind = "") {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  return node;
}
