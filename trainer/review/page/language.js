/** The language of the page: the browser's, until it is changed. */
import { TEXTS } from "./texts.js";

const inserted = new WeakMap();
let language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS) ?? "en";

/** Switch to the other language. */
export function toggle() {
  language = language === "ar" ? "en" : "ar";
  apply();
}

/** Show the page in the current language. */
export function apply() {
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  document.title = TEXTS[language].title;
  document.querySelectorAll("[data-text]").forEach(fill);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", TEXTS[language][element.dataset.label]);
  }
}

/** Show a text in an element, with values in the places of their names. */
export function put(element, name, values = {}) {
  element.dataset.text = name;
  inserted.set(element, values);
  fill(element);
}

/** Show what is the same in every language: texts and elements. */
export function putPlain(element, ...parts) {
  delete element.dataset.text;
  element.replaceChildren(...parts);
}

function fill(element) {
  const values = inserted.get(element) ?? {};
  const template = TEXTS[language][element.dataset.text];
  // Isolated, a value keeps its direction and does not reorder what surrounds it.
  element.textContent = template.replace(/\{(\w+)\}/g, (_, key) => `\u2068${values[key]}\u2069`);
}
