/** The language of the page: the browser's, until the user chooses; the choice is stored. */
import { inArabic, isolate } from "./sentences.js";
import { loadPreference, savePreference } from "./preferences.js";
import { TEXTS as STATE_TEXTS } from "./state-texts.js";
import { TEXTS as PAGE_TEXTS } from "./texts.js";

const KEY = "ishara.language";
// Western digits in both languages, as in the device's vocabulary and on its own screen.
const LOCALES = { en: "en-GB", ar: "ar-u-nu-latn" };
const TEXTS = { en: { ...PAGE_TEXTS.en, ...STATE_TEXTS.en }, ar: { ...PAGE_TEXTS.ar, ...STATE_TEXTS.ar } };
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
  return insert(TEXTS[language][name], inserted);
}

/** Add the texts of a part that is loaded later, and show them in its elements. */
export function add(texts, part) {
  for (const name of Object.keys(TEXTS)) Object.assign(TEXTS[name], texts[name]);
  fillAll(part);
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

function insert(template, inserted) {
  return template.replace(/\{(\w+)([%@]?)\}/g, (_, key, kind) => format(inserted[key], kind));
}

function format(value, kind) {
  if (kind === "%") return shares.format(Math.floor(100 * value + ROUNDING) / 100); // 99.9 % must not become 100 %
  if (kind === "@") return (isToday(value) ? times : days).format(value);
  return typeof value === "number" ? numbers.format(value) : isolate(value);
}

function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}

function fill(element) {
  const inserted = values.get(element) ?? {};
  const parts = TEXTS[language][element.dataset.text].split(/\{(\w+)!\}/);
  const nodes = parts.flatMap((part, number) => (number % 2 ? sentence(inserted[part]) : [insert(part, inserted)]));
  if (element.textContent !== nodes.map((node) => node.textContent ?? node).join("")) element.replaceChildren(...nodes);
}

function sentence(content) {
  return language === "ar" ? inArabic(content) : [content];
}

function apply(name) {
  language = name;
  numbers = new Intl.NumberFormat(LOCALES[name], { maximumFractionDigits: 2 });
  shares = new Intl.NumberFormat(LOCALES[name], { style: "percent" });
  times = new Intl.DateTimeFormat(LOCALES[name], CLOCK);
  days = new Intl.DateTimeFormat(LOCALES[name], { day: "numeric", month: "short", ...CLOCK });
  document.documentElement.lang = name;
  document.documentElement.dir = name === "ar" ? "rtl" : "ltr";
  fillAll(document);
}

function fillAll(part) {
  part.querySelectorAll("[data-text]").forEach(fill);
  for (const element of part.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
}
