/** The latest word, large: bold if confident, else thinner and amber, as on the device's own screen. */
import { put, text } from "./language.js";

export const CONFIDENT_FROM = 0.8; // the default of [captions] confident_from
const FRESH_MS = 10_000;

/** Shows a word in the elements `word`, `english`, `facts`, `confidence`, `at`, `unsure`, `announced` and `hint`. */
export class Caption {
  #parts;
  #ageTimer;

  constructor(parts) {
    this.#parts = parts;
  }

  /** Show a word; if it is new, screen readers announce it. */
  show({ word, word_en: inEnglish, confidence, emitted_at: emittedAt, corrects }, { isNew }) {
    const english = inEnglish === word ? "" : inEnglish; // a number is the same in both
    const { facts, unsure, hint } = this.#parts;
    const at = new Date(emittedAt);
    const confident = confidence >= CONFIDENT_FROM;
    const element = this.#parts.word;
    // The device's clock may differ from the browser's. The age comes first: what is old when it appears does not fade.
    this.#age(isNew ? new Date() : at);
    element.textContent = word;
    element.classList.toggle("unsure", !confident);
    const [onOneLine, onTwo] = widths(word, element);
    element.style.setProperty("--on-one-line", onOneLine);
    element.style.setProperty("--on-two", onTwo);
    this.#parts.english.textContent = english;
    put(this.#parts.confidence, corrects === undefined ? "word-confidence" : "corrected", { share: confidence });
    fillBar(facts.querySelector(".bar"), confidence);
    put(this.#parts.at, "at", { at });
    unsure.hidden = confident;
    facts.hidden = false;
    hint.hidden = true;
    if (isNew) this.#announce(word, english, confident);
  }

  /** Show only the hint. */
  clear() {
    for (const name of ["word", "english", "announced"]) this.#parts[name].textContent = "";
    this.#parts.facts.hidden = true;
    this.#parts.hint.hidden = false;
  }

  #announce(word, english, confident) {
    const spoken = document.createElement("span");
    spoken.lang = "ar";
    spoken.textContent = word;
    const after = document.documentElement.lang === "ar" || !english ? [] : [` ${english}`];
    this.#parts.announced.replaceChildren(...(confident ? [] : [`${text("announced-unsure")} `]), spoken, ...after);
  }

  /** Dim the word some time after it was signed. */
  #age(signedAt) {
    const left = signedAt.getTime() + FRESH_MS - Date.now();
    const stage = this.#parts.word.closest(".stage");
    clearTimeout(this.#ageTimer);
    stage.classList.toggle("old", left <= 0);
    if (left > 0) this.#ageTimer = setTimeout(() => stage.classList.add("old"), Math.min(left, FRESH_MS));
  }
}

/** Fill a bar to a share of its width. */
export function fillBar(bar, share) {
  bar.firstElementChild.style.inlineSize = `${100 * share}%`;
  bar.classList.toggle("unsure", share < CONFIDENT_FROM);
}

let ruler;

/** Return the width of a word on one line, and on two if it can be broken, in units of its font size (CSS's em). */
function widths(word, element) {
  const style = getComputedStyle(element);
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${style.fontWeight} 100px ${style.fontFamily}`;
  const widthOf = (text) => ruler.measureText(text).width / 100;
  const breaks = [...word.matchAll(/\s+/g)].map(({ index }) => index);
  const halves = breaks.map((at) => Math.max(widthOf(word.slice(0, at)), widthOf(word.slice(at + 1))));
  return [widthOf(word), Math.min(widthOf(word), ...halves)];
}
