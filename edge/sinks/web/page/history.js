/** The list of words and utterances, latest first; each word opens to its alternatives and its times. */
import { fillBar, CONFIDENT_FROM } from "./caption.js";
import { put } from "./language.js";

export const MAX_WORDS = 100; // more would make the page slow

/** Manages the items of an `ol`; the element `empty`, if given, is shown while there are none. */
export class History {
  #list;
  #empty;

  constructor(list, empty = null) {
    this.#list = list;
    this.#empty = empty;
  }

  /** Add words and utterances, oldest first, at the top; a correction takes the place of what it corrects. */
  add(...events) {
    const items = [];
    for (const event of events) {
      if (!event.corrects) {
        items.unshift(item(event));
        continue;
      }
      const corrected = [...items, ...this.#list.children].find(({ dataset }) => Number(dataset.seq) === event.corrects);
      corrected?.replaceChildren(...item(event).children);
      if (corrected) corrected.hidden = !(event.text ?? event.word);
    }
    this.#list.prepend(...items);
    while (this.#list.children.length > MAX_WORDS) this.#list.lastElementChild.remove();
    if (this.#empty) this.#empty.hidden = true;
  }

  /** Remove all words. */
  clear() {
    this.#list.replaceChildren();
    if (this.#empty) this.#empty.hidden = false;
  }
}

function item(event) {
  const listItem = element("li");
  listItem.dataset.seq = event.seq;
  listItem.append(event.event_type === "utterance" ? utterance(event) : word(event));
  return listItem;
}

function utterance(event) {
  const row = element("p", "utterance");
  row.append(time(event.ended_at), arabic("b", event.text));
  if (event.late) row.append(translated("span", "tag", "history-late"));
  return row;
}

function time(date) {
  const at = element("time", "at");
  at.dateTime = date;
  put(at, "at", { at: new Date(date) });
  return at;
}

function word(event) {
  const details = element("details");
  const summary = element("summary");
  const words = element("span", "entry");
  words.append(arabic("b", event.word));
  if (event.word_en !== event.word) words.append(english(event.word_en));
  if (event.late) words.append(translated("span", "tag", "history-late"));
  summary.append(time(event.emitted_at), words, confidenceBar(event.confidence));
  summary.classList.toggle("unsure", event.confidence < CONFIDENT_FROM);
  details.append(summary);
  summary.addEventListener("click", () => details.append(detailsOf(event)), { once: true });
  return details;
}

function detailsOf(event) {
  const block = element("div", "more");
  if (event.alternatives.length) {
    const list = element("ul");
    for (const alternative of event.alternatives) {
      const line = element("li");
      line.append(arabic("span", alternative.word), confidenceBar(alternative.confidence));
      list.append(line);
    }
    block.append(translated("p", "quiet", "alternatives"), list);
  } else {
    block.append(translated("p", "quiet", "no-alternatives"));
  }
  const [started, ended, emitted] = [event.started_at, event.ended_at, event.emitted_at].map((at) => Date.parse(at) / 1e3);
  block.append(
    translated("p", "quiet", "word-times", { signed: ended - started, delay: emitted - ended }),
    translated("p", "quiet", "word-model", { model: event.model, seq: event.seq }),
  );
  return block;
}

function confidenceBar(share) {
  const whole = element("span", "confidence");
  const bar = element("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  bar.append(element("i"));
  fillBar(bar, share);
  whole.append(bar, translated("span", "share", "share", { share }));
  return whole;
}

export function arabic(tag, word) {
  const node = element(tag);
  node.lang = "ar";
  node.dir = "rtl";
  node.textContent = word;
  return node;
}

export function english(word) {
  const node = element("span", "english");
  node.lang = "en";
  node.dir = "ltr";
  node.textContent = word;
  return node;
}

function translated(tag, className, name, inserted) {
  const node = element(tag, className);
  put(node, name, inserted);
  return node;
}

export function element(tag, className = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  return node;
}
