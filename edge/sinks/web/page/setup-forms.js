/** The steps that are forms: language, screen, page and name. */
import { current, put } from "./language.js";
import { changesOf, fillForm } from "./setup-settings.js";

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 5;
const GROUP = 4; // 20 characters of 30: 98 bits
const SETTLE_MS = 500; // a keyboard passes over choices

const byId = (id) => document.getElementById(id);

/** The language of the page. */
export class LanguageStep {
  name = "language";

  constructor() {
    for (const radio of this.#radios) {
      radio.addEventListener("change", () => {
        if (radio.value !== current()) byId("language").click();
      });
    }
    byId("language").addEventListener("click", () => this.fill());
  }

  fill() {
    for (const radio of this.#radios) radio.checked = radio.value === current();
  }

  get #radios() {
    return document.querySelectorAll('[name="setup-language"]');
  }
}

class FormStep {
  constructor(name, context) {
    this.name = name;
    this.context = context;
    this.form = document.querySelector(`form[data-step="${name}"]`);
  }

  fill(report) {
    fillForm(this.form, report);
  }

  changes() {
    return changesOf(this.form, this.context.settings.report);
  }
}

/** What the device's own screen shows; in set-up every choice is tried at once. */
export class ScreenStep extends FormStep {
  #timer;

  constructor(context) {
    super("screen", context);
    this.form.addEventListener("change", () => {
      this.#showParts();
      clearTimeout(this.#timer);
      if (context.isWizard) this.#timer = setTimeout(() => context.save(), SETTLE_MS);
    });
  }

  leave() {
    clearTimeout(this.#timer);
  }

  fill(report) {
    super.fill(report);
    this.form.elements.captions.checked = "captions.theme" in report.values;
    for (const [name, value] of [["theme", "dark"], ["text_size", "1"], ["preview", "skeleton"]]) {
      const radios = this.form.elements[`captions.${name}`];
      if (!radios.value) radios.value = value;
    }
    this.#showParts();
  }

  changes() {
    const has = "captions.theme" in this.context.settings.report.values;
    if (!this.form.elements.captions.checked) return { changes: has ? { captions: null } : {} };
    return super.changes();
  }

  #showParts() {
    for (const part of this.form.querySelectorAll('[data-of="captions"]')) part.hidden = !this.form.elements.captions.checked;
  }
}

/** The token of the page, and what it shows of the camera. */
export class PageStep extends FormStep {
  #token;

  constructor(context) {
    super("page", context);
    this.#token = this.form.elements["web.token"];
    byId("setup-new-token").addEventListener("click", () => {
      this.#token.value = newToken();
      this.#note();
    });
    byId("setup-copy").addEventListener("click", async () => {
      this.#token.select();
      await navigator.clipboard?.writeText(this.#token.value);
      put(byId("setup-token-note"), "setup-copied");
    });
    this.#token.addEventListener("input", () => this.#note());
  }

  fill(report) {
    super.fill(report);
    const { isWizard, settings } = this.context;
    this.#token.value = settings.token ?? (isWizard && !report.secrets["web.token"] ? newToken() : "");
    this.#note();
  }

  changes() {
    const { changes, secrets } = super.changes();
    if (secrets["web.token"] === this.context.settings.token) delete secrets["web.token"];
    return { changes, secrets };
  }

  /** Remember the token that was set, so that it can be read again as long as this page is open, and opens the next. */
  applied() {
    if (this.#token.value) this.context.settings.token = this.#token.value.trim();
  }

  #note() {
    const [value, isSet] = [this.#token.value, this.context.settings.report.secrets["web.token"]];
    const note = value ? "setup-token-new" : isSet ? "setup-token-kept" : "setup-token-short";
    put(byId("setup-token-note"), note);
    byId("setup-copy").hidden = !value;
  }
}

/** The name of the device. */
export class NameStep extends FormStep {
  constructor(context) {
    super("name", context);
  }
}

function newToken() {
  const length = GROUPS * GROUP;
  let token = "";
  while (token.length < length) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 8 * ALPHABET.length) token += ALPHABET[byte % ALPHABET.length]; // each with the same chance
  }
  return token.match(new RegExp(`.{${GROUP}}`, "g")).join("-");
}
