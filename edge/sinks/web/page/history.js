/** The list of words and utterances, latest first; each word opens to its alternatives, its times, and its correction. */
import { fillBar, CONFIDENT_FROM } from "./caption.js";
import { plain, send } from "./commands.js";
import { put } from "./language.js";

export const MAX_WORDS = 100; // more would make the page slow
const MAX_CHARACTERS = 100; // of a text in place of a word

/** Manages the items of an `ol`; the element `empty`, if given, is shown while there are none. */
export class History {
  #list;
  #empty;
  #rows = new Map();
  /** True if the device accepts corrections from here. */
  canCorrect = false;

  constructor(list, empty = null) {
    this.#list = list;
    this.#empty = empty;
  }

  /** Add words and utterances, oldest first, at the top; a correction takes the place of what it corrects. */
  add(...events) {
    const added = [];
    for (const event of events) {
      const row = "corrects" in event ? this.#rows.get(event.corrects) : new Row(event, this);
      row?.show(event);
      if ("corrects" in event) continue;
      this.#rows.set(event.seq, row);
      added.unshift(row.item);
    }
    this.#list.prepend(...added);
    while (this.#list.children.length > MAX_WORDS) this.#list.lastElementChild.remove();
    for (const [seq, { item }] of this.#rows) if (!item.isConnected) this.#rows.delete(seq);
    if (this.#empty) this.#empty.hidden = true;
  }

  /** Show what corrects a word, or no longer. */
  allowCorrections(allowed) {
    if (allowed === this.canCorrect) return;
    this.canCorrect = allowed;
    this.#rows.forEach((row) => row.show());
  }

  /** Remove all words and utterances. */
  clear() {
    this.#list.replaceChildren();
    this.#rows.clear();
    if (this.#empty) this.#empty.hidden = false;
  }
}

/** A word or an utterance, as it was read and as it is now. */
class Row {
  item = element("li");
  #history;
  #read;
  #now;
  #details;

  constructor(event, history) {
    this.#read = event;
    this.#history = history;
  }

  show(event = this.#now) {
    this.#now = event;
    if (event.event_type === "utterance") {
      this.item.replaceChildren(utterance(event));
      this.item.hidden = !event.text;
      return;
    }
    const wasOpen = this.#details?.open;
    const hadFocus = this.item.contains(document.activeElement);
    const summary = this.#summary();
    this.#details = element("details");
    this.#details.append(summary);
    summary.addEventListener("click", () => this.#details.append(this.#more()), { once: true });
    this.item.replaceChildren(this.#details);
    if (wasOpen) summary.click();
    if (hadFocus) summary.focus();
  }

  #summary() {
    const event = this.#now;
    const summary = element("summary");
    const entry = element("span", "entry");
    const { word, word_en: inEnglish } = event.word ? event : this.#read;
    entry.append(arabic(event.word ? "b" : "del", word));
    if (inEnglish !== word) entry.append(english(inEnglish));
    if (event.late) entry.append(translated("span", "tag", "history-late"));
    const correction = event.word ? "corrected" : "deleted";
    const certainty = "corrects" in event ? translated("span", "tag", correction) : confidenceBar(event.confidence);
    summary.append(time(this.#read.emitted_at), entry, certainty);
    summary.classList.toggle("unsure", event.confidence < CONFIDENT_FROM);
    return summary;
  }

  #more() {
    const event = this.#read;
    const { canCorrect } = this.#history;
    const block = element("div", "more");
    const isOther = ({ sign_id: id }) => !this.#now.word || id !== this.#now.sign_id;
    const others = [event, ...event.alternatives].filter(isOther);
    if (others.length) {
      const list = element("ul");
      list.append(...others.map((other) => this.#alternative(other)));
      block.append(translated("p", "quiet", canCorrect ? "choose" : "alternatives"), list);
    } else {
      block.append(translated("p", "quiet", "no-alternatives"));
    }
    if (canCorrect) block.append(this.#form());
    const [started, ended, emitted] = [event.started_at, event.ended_at, event.emitted_at].map((at) => Date.parse(at) / 1e3);
    block.append(
      translated("p", "quiet", "word-times", { signed: ended - started, delay: emitted - ended }),
      translated("p", "quiet", "word-model", { model: event.model, seq: event.seq }),
    );
    return block;
  }

  #alternative({ sign_id: id, word, confidence }) {
    const { canCorrect } = this.#history;
    const name = arabic(canCorrect ? "button" : "span", word);
    if (canCorrect) name.addEventListener("click", () => this.#correct({ sign_id: id }));
    const line = element("li");
    line.append(name, confidenceBar(confidence));
    return line;
  }

  /** Return the field for another text, and the button that deletes the word. */
  #form() {
    const form = element("form");
    const label = element("label");
    const input = element("input");
    Object.assign(input, { maxLength: MAX_CHARACTERS, required: true, dir: "auto", autocomplete: "off" });
    label.append(translated("span", "quiet", "other-text"), input);
    const remove = translated("button", "", "delete");
    remove.type = "button";
    remove.hidden = !this.#now.word;
    remove.addEventListener("click", () => this.#correct({ delete: true }));
    const refusal = element("p", "wrong");
    refusal.setAttribute("role", "status");
    form.append(label, translated("button", "", "replace"), remove, refusal);
    form.addEventListener("submit", (submission) => {
      submission.preventDefault();
      this.#correct({ text: plain(input.value) });
    });
    return form;
  }

  async #correct(payload) {
    const sentence = await send("correct", { seq: this.#read.seq, ...payload });
    const refusal = this.item.querySelector(".wrong");
    if (sentence && refusal) put(refusal, "state-fault", { sentence });
  }
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
