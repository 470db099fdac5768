/** The language of the page: the browser's, until the user chooses; the choice is stored. */
import { TEXTS } from "./texts.js";
import { loadPreference, savePreference } from "./preferences.js";

const KEY = "ishara.language";
// Western digits in both languages, as in the device's vocabulary and on its own screen.
const LOCALES = { en: "en-GB", ar: "ar-u-nu-latn" };
const ROUNDING = 1e-6;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const values = new WeakMap();

let language;
let numbers;
let shares;
let times;
let days;

/** Return the current language, "ar" or "en". */
export function current() {
  return language;
}

/** Apply the stored language or the browser's. */
export function init() {
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS);
  apply(loadPreference(KEY, Object.keys(TEXTS)) ?? preferred ?? "en");
}

/** Switch to the other language, and store the choice. */
export function toggle() {
  apply(language === "ar" ? "en" : "ar");
  savePreference(KEY, language);
}

/** Return the text of a name, with values inserted. */
export function text(name, inserted = {}) {
  return TEXTS[language][name].replace(/\{(\w+)([%@]?)\}/g, (_, key, kind) => format(inserted[key], kind));
}

/** Return true if there is a text of this name. */
export function has(name) {
  return name in TEXTS[language];
}

/** Show a text in an element, in every language. Writes only changes, since screen readers repeat what is written. */
export function put(element, name, inserted = {}) {
  element.dataset.text = name;
  values.set(element, inserted);
  fill(element);
}

/** Show a text that is the same in every language. */
export function putPlain(element, plain) {
  delete element.dataset.text;
  if (element.textContent !== plain) element.textContent = plain;
}

function format(value, kind) {
  if (kind === "%") return shares.format(Math.floor(100 * value + ROUNDING) / 100); // 99.9 % must not become 100 %
  if (kind === "@") return (isToday(value) ? times : days).format(value);
  // Isolates (FSI, PDI) keep the direction of a Latin name within an Arabic sentence, and the other way round.
  return typeof value === "number" ? numbers.format(value) : `\u2068${value}\u2069`;
}

function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}

function fill(element) {
  const content = text(element.dataset.text, values.get(element));
  if (element.textContent !== content) element.textContent = content;
}

function apply(name) {
  language = name;
  numbers = new Intl.NumberFormat(LOCALES[name], { maximumFractionDigits: 2 });
  shares = new Intl.NumberFormat(LOCALES[name], { style: "percent" });
  times = new Intl.DateTimeFormat(LOCALES[name], CLOCK);
  days = new Intl.DateTimeFormat(LOCALES[name], { day: "numeric", month: "short", ...CLOCK });
  document.documentElement.lang = name;
  document.documentElement.dir = name === "ar" ? "rtl" : "ltr";
  document.querySelectorAll("[data-text]").forEach(fill);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
}
