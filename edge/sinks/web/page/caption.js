/** The newest word, large: sure ones heavy and plain, others thinner and amber, as on the device's own screen. */
import { put, text } from "./language.js";

export const SURE_FROM = 0.8; // [captions] confident_from's own value
const FRESH_MS = 10_000;

/** Where a word is shown: elements for `word`, `english`, `facts`, `sureness`, `at`, `unsure`, `announced`, `hint`. */
export class Caption {
  #parts;
  #growingOld;

  constructor(parts) {
    this.#parts = parts;
  }

  /** Show a word and, where it is said just now, have screen readers say it. */
  show({ word, word_en: inEnglish, confidence, emitted_at: emittedAt }, { isNew }) {
    const english = inEnglish === word ? "" : inEnglish; // a number is the same in both
    const { facts, sureness, unsure, hint } = this.#parts;
    const at = new Date(emittedAt);
    const sure = confidence >= SURE_FROM;
    const stage = this.#parts.word;
    stage.textContent = word;
    stage.classList.toggle("unsure", !sure);
    const [onOneLine, onTwo] = widths(word, stage);
    stage.style.setProperty("--on-one-line", onOneLine);
    stage.style.setProperty("--on-two", onTwo);
    this.#parts.english.textContent = english;
    put(sureness, "word-sureness", { share: confidence });
    fillBar(facts.querySelector(".bar"), confidence);
    put(this.#parts.at, "at", { at });
    unsure.hidden = sure;
    facts.hidden = false;
    hint.hidden = true;
    if (isNew) this.#announce(word, english, sure);
    this.#age(isNew ? new Date() : at); // the device's clock may be another than the browser's
  }

  /** Show nothing but the hint. */
  clear() {
    for (const name of ["word", "english", "announced"]) this.#parts[name].textContent = "";
    this.#parts.facts.hidden = true;
    this.#parts.hint.hidden = false;
  }

  #announce(word, english, sure) {
    const said = document.createElement("span");
    said.lang = "ar";
    said.textContent = word;
    const after = document.documentElement.lang === "ar" || !english ? [] : [` ${english}`];
    this.#parts.announced.replaceChildren(...(sure ? [] : [`${text("announced-unsure")} `]), said, ...after);
  }

  /** What was said a while ago is no longer being said, and steps back. */
  #age(saidAt) {
    const left = saidAt.getTime() + FRESH_MS - Date.now();
    const stage = this.#parts.word.closest(".stage");
    clearTimeout(this.#growingOld);
    stage.classList.toggle("old", left <= 0);
    if (left > 0) this.#growingOld = setTimeout(() => stage.classList.add("old"), Math.min(left, FRESH_MS));
  }
}

/** Fill a bar to a share. */
export function fillBar(bar, share) {
  bar.firstElementChild.style.inlineSize = `${100 * share}%`;
  bar.classList.toggle("unsure", share < SURE_FROM);
}

let ruler;

/** How wide a word is on one line, and on two where it can be broken, in heights of its letters (CSS's em). */
function widths(word, element) {
  const style = getComputedStyle(element);
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${style.fontWeight} 100px ${style.fontFamily}`;
  const wide = (text) => ruler.measureText(text).width / 100;
  const breaks = [...word.matchAll(/\s+/g)].map(({ index }) => index);
  const halves = breaks.map((at) => Math.max(wide(word.slice(0, at)), wide(word.slice(at + 1))));
  return [wide(word), Math.min(wide(word), ...halves)];
}
