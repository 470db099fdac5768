/** The language of the page: by the browser's wish until somebody chooses; then that is remembered. */
import { TEXTS } from "./texts.js";
import { keep, kept } from "./kept.js";

const KEY = "ishara.language";
// Western digits in both: the device's vocabulary and its own screen have them too.
const LOCALES = { en: "en-GB", ar: "ar-u-nu-latn" };
const ROUNDING = 1e-6;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const values = new WeakMap();

let language;
let numbers;
let shares;
let times;
let days;

/** "ar" or "en". */
export function chosen() {
  return language;
}

/** Begin with the remembered language or the browser's. */
export function begin() {
  const wished = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS);
  use(kept(KEY, Object.keys(TEXTS)) ?? wished ?? "en");
}

/** Change to the other language and remember it. */
export function change() {
  use(language === "ar" ? "en" : "ar");
  keep(KEY, language);
}

/** The text of a name, with values in it. */
export function text(name, inserted = {}) {
  return TEXTS[language][name].replace(/\{(\w+)([%@]?)\}/g, (_, key, kind) => written(inserted[key], kind));
}

/** Whether there is a text of this name. */
export function knows(name) {
  return name in TEXTS[language];
}

/** Let an element say a text, also after the language has changed. Writes only what is new, for screen readers' sake. */
export function put(element, name, inserted = {}) {
  element.dataset.text = name;
  values.set(element, inserted);
  fill(element);
}

/** Let an element say what is the same in every language. */
export function putPlain(element, plain) {
  delete element.dataset.text;
  if (element.textContent !== plain) element.textContent = plain;
}

function written(value, kind) {
  if (kind === "%") return shares.format(Math.floor(100 * value + ROUNDING) / 100); // 99.9 % is not all
  if (kind === "@") return (isToday(value) ? times : days).format(value);
  // A name in Latin letters keeps its own direction within an Arabic sentence, and the other way round.
  return typeof value === "number" ? numbers.format(value) : `\u2068${value}\u2069`;
}

function isToday(moment) {
  return moment.toDateString() === new Date().toDateString();
}

function fill(element) {
  const content = text(element.dataset.text, values.get(element));
  if (element.textContent !== content) element.textContent = content;
}

function use(name) {
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
