/** The dictionary: the signs that the device's model knows, to be searched and to be seen. Loaded when it is opened. */
import { fetchJson } from "./commands.js";
import { arabic, element, english } from "./history.js";
import { put, putPlain } from "./language.js";
import { Movement } from "./movement.js";

const byId = (id) => document.getElementById(id);

/** Manages the list of the signs, which are radio buttons: one stop of the Tab key, and arrows go from sign to sign. */
export class Dictionary {
  #movement = new Movement("movement");
  #model = null;
  #rows = [];
  #chosen = null;
  #shown = false;
  #loading = false;

  constructor() {
    byId("dictionary-search").addEventListener("input", () => this.#filter());
    byId("dictionary-signs").addEventListener("change", (event) => this.#choose(Number(event.target.value)));
  }

  /** Load and show the signs, or stop their movement. */
  show(shown) {
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (shown) this.#load();
    else this.#movement.show([]);
  }

  /** Load the signs again if this is another model, or if something could not be loaded. */
  follow(model) {
    if (this.#shown && model && model !== this.#model) this.#load();
  }

  /** Load the signs again with the next health: labels or vocabulary of the same model may be others. */
  forget() {
    this.#model = null;
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    const content = await fetchJson("api/dictionary");
    this.#loading = false;
    this.#model = content?.model;
    const note = byId("dictionary-note");
    note.hidden = content?.signs.some(({ takes }) => takes);
    put(note, content ? "dictionary-still" : "connection-lost");
    if (!content) return;
    this.#rows = content.signs.map((sign) => ({ sign, row: rowOf(sign), key: searchKey(`${sign.word}\n${sign.word_en}`) }));
    byId("dictionary-signs").replaceChildren(...this.#rows.map(({ row }) => row));
    this.#filter();
    this.#choose(this.#chosen);
  }

  #filter() {
    const wanted = searchKey(byId("dictionary-search").value);
    for (const { sign, row, key } of this.#rows) {
      row.hidden = !key.includes(wanted);
      // In some browsers the Tab key finds none of the others while a hidden one is checked.
      row.firstElementChild.checked = sign.sign_id === this.#chosen && !row.hidden;
    }
    put(byId("dictionary-count"), "dictionary-count", { n: this.#rows.filter(({ row }) => !row.hidden).length });
  }

  async #choose(id) {
    this.#chosen = id;
    this.#movement.show([]);
    const { sign } = this.#rows.find((one) => one.sign.sign_id === id) ?? {};
    const panel = byId("movement");
    panel.hidden = !sign;
    if (!sign) return;
    byId("movement-title").replaceChildren(...namesOf(sign));
    panel.classList.toggle("still", !sign.takes);
    panel.scrollIntoView({ block: "nearest" }); // on a phone it is below the list
    if (!sign.takes) return put(byId("movement-note"), "movement-none");
    putPlain(byId("movement-note"), "");
    const content = await fetchJson(`api/dictionary/${id}`);
    if (id !== this.#chosen || !this.#shown) return;
    if (content) return this.#movement.show(content.takes);
    put(byId("movement-note"), "connection-lost");
    this.forget();
  }
}

/**
 * Return a text as it is compared: without vowel signs and other marks, hamza (أ, إ, آ, ؤ, ئ, ء) and tatweel, and without
 * the difference between ى and ي, ة and ه, Arabic and Western digits, capital and small letters.
 */
function searchKey(text) {
  return text
    .normalize("NFKD") // parts hamza and marks from their letters
    .replace(/[\p{M}ءـ]/gu, "")
    .replaceAll("ى", "ي")
    .replaceAll("ة", "ه")
    .replace(/[٠-٩]/g, (digit) => digit.charCodeAt(0) & 15)
    .toLowerCase()
    .trim();
}

function rowOf(sign) {
  const radio = element("input");
  [radio.type, radio.name, radio.value] = ["radio", "sign", sign.sign_id];
  const names = element("span", "entry");
  names.append(...namesOf(sign));
  const row = element("label");
  row.append(radio, names);
  return row;
}

function namesOf({ word, word_en: inEnglish }) {
  return [arabic("b", word), ...(inEnglish === word ? [] : [english(inEnglish)])];
}
