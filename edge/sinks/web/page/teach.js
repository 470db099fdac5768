/** The page "Teach": a sign is taught, or the signs of a person are calibrated. Loaded when it is opened. */
import { fetchJson, plain, send } from "./commands.js";
import { askIn, ConsentForm, purposeOf } from "./consent-form.js";
import { arabic, element, english } from "./history.js";
import { add as addTexts, put, putPlain } from "./language.js";
import { Learned } from "./learned.js";
import { add as addSentences } from "./sentences.js";
import { SENTENCES, TEXTS } from "./teach-texts.js";

const HERE = "live-signs/assets/";
const ENDED = ["idle", "done", "failed", "cancelled"];

const byId = (id) => document.getElementById(id);

/** Load the page, and return what manages it; null if the device is unreachable. */
export async function openTeach() {
  const response = await fetch(`${HERE}teach.html`).catch(() => null);
  if (!response?.ok) return null;
  const page = byId("teach-page");
  page.insertAdjacentHTML("beforeend", await response.text());
  const style = Object.assign(element("link"), { rel: "stylesheet", href: `${HERE}teach.css` });
  document.head.append(style);
  [byId("teach-form"), byId("consent-form")].forEach(askIn);
  addTexts(TEXTS, page);
  addSentences(SENTENCES);
  return new Teach();
}

/** Manages the form that begins a session, and shows the session. */
class Teach {
  #learned = new Learned();
  #consent = new ConsentForm();
  #form = byId("teach-form");
  #signs = [];
  #state = null;
  #version;

  constructor() {
    this.#form.addEventListener("change", () => this.#choose());
    byId("teach-arabic").addEventListener("input", () => this.#find());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
  }

  /** Show these states, and load the signs that the model knows and what was learned. */
  async open(states) {
    this.show(states);
    this.#learned.load();
    this.#signs = (await fetchJson("api/dictionary"))?.signs ?? [];
    const option = ({ word, word_en: label }) => Object.assign(element("option"), { value: word, label });
    byId("teach-known").replaceChildren(...this.#signs.map(option));
    this.#find();
  }

  /** Show what is kept and taught, and the state of the session. */
  show({ consent, teaching }) {
    this.#consent.show(consent);
    this.#form.hidden = !teaching;
    if (teaching) this.#showTeaching(teaching);
  }

  #showTeaching(state) {
    const before = this.#state;
    this.#state = state;
    const isOpen = !ENDED.includes(state.phase);
    const wasOpen = before && !ENDED.includes(before.phase);
    byId("teach-refused").hidden = state.is_available;
    if (!state.is_available) put(byId("teach-refused"), "state-fault", { sentence: state.why ?? "" });
    this.#form.hidden = isOpen || !state.is_available;
    // A session that ended before this page was opened is of no interest.
    byId("teach-session").hidden = !isOpen && !wasOpen && (!before || byId("teach-session").hidden);
    if (isOpen || wasOpen) this.#showSession(state, isOpen && !wasOpen);
    if (state.version !== this.#version && before) this.#learned.load();
    this.#version = state.version;
  }

  #showSession(state, isNew) {
    const { person, sign, phase, fault, looks_like: other, position, takes, kept } = state;
    put(byId("teach-person"), "teach-person", { person: person ?? "" });
    if (sign) showSign(sign);
    put(byId("teach-progress"), "teach-progress", { position, takes });
    byId("teach-session").querySelector(".bar i").style.inlineSize = `${(100 * kept) / Math.max(takes, 1)}%`;
    const inserted = { n: state.seconds, word: other?.word ?? "", why: state.why ?? "" };
    put(byId("teach-phase"), `teach-${phase}`, inserted);
    byId("teach-session").dataset.phase = phase;
    const code = fault?.replaceAll(" ", "-");
    if (fault) put(byId("teach-fault"), `fault-${code}`);
    else putPlain(byId("teach-fault"), "");
    this.#offer(state);
    if (isNew) byId("teach-sign").focus();
  }

  /** Offer what may be done in this phase. A button that stays keeps the focus. */
  #offer({ phase, kept, calibration }) {
    const canEnd = !ENDED.includes(phase) && phase !== "learning";
    const wanted = [
      ...(phase === "doubt" ? ["keep", "skip"] : []),
      ...(canEnd && calibration && phase !== "doubt" ? ["leave-out"] : []),
      ...(canEnd && kept && phase !== "doubt" ? ["finish"] : []),
      ...(canEnd ? ["cancel"] : []),
    ];
    const list = byId("teach-actions");
    const buttons = [...list.children];
    if (buttons.map(({ value }) => value).join() === wanted.join()) return;
    const focused = buttons.find((button) => button === document.activeElement);
    list.replaceChildren(...wanted.map((name) => buttons.find(({ value }) => value === name) ?? actionButton(name)));
    if (focused) (focused.isConnected ? focused : byId("teach-sign")).focus();
  }

  #choose() {
    const what = this.#form.elements.what.value;
    byId("teach-word").hidden = byId("teach-word").disabled = what !== "word";
    byId("teach-calibration").hidden = what === "word";
  }

  /** Say whether the typed word is one that the model knows. */
  #find() {
    const typed = plain(byId("teach-arabic").value);
    const known = this.#known(typed);
    byId("teach-translation").hidden = Boolean(known);
    if (typed) put(byId("teach-found"), known ? "teach-known" : "teach-new");
    else putPlain(byId("teach-found"), "");
  }

  #known(typed) {
    return this.#signs.find(({ word, word_en: inEnglish }) => word === typed || inEnglish.toLowerCase() === typed.toLowerCase());
  }

  async #begin() {
    const { what, person } = this.#form.elements;
    const word = plain(byId("teach-arabic").value);
    const known = this.#known(word);
    const inEnglish = plain(byId("teach-english").value);
    const asked = known ? { sign_id: known.sign_id } : { word, ...(inEnglish && { word_en: inEnglish }) };
    const content = what.value === "word" ? { ...asked, takes: Number(byId("teach-takes").value) } : { calibrate: what.value };
    const refusal = this.#form.querySelector(".wrong");
    putPlain(refusal, "");
    const reason = await send("teach", { ...content, person: plain(person.value), purpose: purposeOf(this.#form) });
    if (reason) return put(refusal, "teach-not-done", { reason });
    byId("teach-arabic").value = byId("teach-english").value = "";
    this.#find();
  }
}

function showSign({ word, word_en: inEnglish }) {
  const title = byId("teach-sign");
  if (title.dataset.word === word) return; // a screen reader would repeat it
  title.dataset.word = word;
  title.replaceChildren(arabic("b", word), ...(inEnglish === word ? [] : [english(inEnglish)]));
}

function actionButton(name) {
  const button = Object.assign(element("button", name === "keep" ? "main" : ""), { type: "button", value: name });
  put(button, `teach-${name}`);
  button.addEventListener("click", async () => {
    const reason = await send("teaching", { action: name === "leave-out" ? "skip" : name });
    if (reason) put(byId("teach-status"), "teach-not-done", { reason });
    else putPlain(byId("teach-status"), "");
  });
  return button;
}
