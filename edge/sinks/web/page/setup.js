/** The steps of set-up, which the page shows later as its settings. Loaded when they are opened. */
import { element } from "./history.js";
import { add as addTexts, put, putPlain } from "./language.js";
import { add as addSentences } from "./sentences.js";
import { BrokerStep } from "./setup-broker.js";
import { CameraStep } from "./setup-camera.js";
import { LanguageStep, NameStep, PageStep, ScreenStep } from "./setup-forms.js";
import { FinishStep, showChanges, VersionsStep } from "./setup-finish.js";
import { Settings } from "./setup-settings.js";
import { TEXTS as GUIDE_TEXTS } from "./setup-guide-texts.js";
import { SENTENCES } from "./setup-sentences.js";
import { TEXTS } from "./setup-texts.js";
import { TryStep } from "./setup-try.js";

const HERE = "live-signs/assets/";
const PREFIX = "#settings-";
const FIRST = [CameraStep, TryStep, ScreenStep, BrokerStep, PageStep, NameStep];

const byId = (id) => document.getElementById(id);

/**
 * Load the steps, and return what manages them; null if the device is unreachable.
 *
 * `showView` moves the view of the camera into an element and shows it, or with null puts it back. In a wizard each
 * step is applied as it is left, and the last one saves all of them.
 */
export async function openSetup({ isWizard, showView }) {
  const response = await fetch(`${HERE}setup-steps.html`).catch(() => null);
  if (!response?.ok) return null;
  const page = byId("settings-page");
  const style = Object.assign(element("link"), { rel: "stylesheet", href: `${HERE}setup.css` });
  const isStyled = new Promise((resume) => (style.onload = style.onerror = resume));
  document.head.append(style);
  await isStyled;
  page.insertAdjacentHTML("beforeend", await response.text());
  addTexts(GUIDE_TEXTS, byId("setup-advice"));
  addTexts(TEXTS, page);
  addSentences(SENTENCES);
  return new Setup(isWizard, showView);
}

/** Shows one step at a time, and applies what is changed in it. */
class Setup {
  #isWizard;
  #showView;
  #steps;
  #settings = new Settings();
  #step = null;
  #shown = false;
  #isBusy = false;
  #declined;
  #states = {};

  constructor(isWizard, showView) {
    this.#isWizard = isWizard;
    this.#showView = showView;
    const context = {
      isWizard,
      showView,
      settings: this.#settings,
      save: () => this.#save(),
      apply: (changes) => this.#apply({ changes }),
      act: (action) => this.#act({ action }),
    };
    const kinds = isWizard ? [LanguageStep, ...FIRST, FinishStep] : [...FIRST, VersionsStep];
    this.#steps = kinds.map((Step) => new Step(context));
    byId("setup-nav").replaceChildren(...this.#steps.map(({ name }) => this.#link(name)));
    byId("setup-back").addEventListener("click", () => this.#move(-1));
    byId("setup-skip").addEventListener("click", () => this.#move(1));
    byId("setup-next").addEventListener("click", () => this.#goOn());
    for (const form of byId("setup-panel").querySelectorAll("form")) {
      form.noValidate = true;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#goOn();
      });
    }
    addEventListener("hashchange", () => this.#shown && this.#settings.report && this.#route({ isFocused: true }));
  }

  /** Show the step that the address names, or leave it. */
  async open(shown) {
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (!shown) {
      this.#step?.leave?.();
      this.#step = null;
      this.#showView(null);
      return;
    }
    await this.#settings.load();
    if (this.#shown) this.#route({ isFocused: false });
  }

  /** Show these states of the device: `setup`, what the checks have found, and `settings`, the latest change. */
  show(states) {
    this.#states = { ...this.#states, ...states };
    if (states.settings) this.#settings.receive(states.settings);
    if (states.setup) this.#step?.show?.(states.setup);
  }

  /** Begin again what a restart of the device has ended. */
  reconnected() {
    if (!this.#isBusy) this.#step?.enter?.();
  }

  #link(name) {
    const item = element("li");
    const link = Object.assign(element("a"), { href: `${PREFIX}${name}` });
    put(link.appendChild(element("span")), `step-${name}`);
    item.append(link);
    return item;
  }

  #route({ isFocused }) {
    const asked = this.#steps.find(({ name }) => location.hash === PREFIX + name) ?? this.#steps[0];
    if (asked === this.#step) return;
    this.#step?.leave?.();
    this.#step = asked;
    this.#showView(null); // a step that has it shows it
    this.#decline();
    putPlain(byId("setup-status"), "");
    putPlain(byId("setup-error"), "");
    const at = this.#steps.indexOf(asked);
    put(byId("setup-title"), `step-${asked.name}`);
    put(byId("setup-count"), "setup-count", { n: at + 1, count: this.#steps.length });
    byId("setup-count").hidden = !this.#isWizard;
    for (const part of byId("setup-panel").querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== asked.name;
    for (const [number, link] of byId("setup-nav").querySelectorAll("a").entries()) {
      link.ariaCurrent = number === at ? "step" : null;
      link.classList.toggle("done", this.#isWizard && number < at);
    }
    this.#offer();
    asked.fill?.(this.#settings.report);
    asked.enter?.();
    if (this.#states.setup) asked.show?.(this.#states.setup);
    this.#showLimits();
    if (isFocused) byId("setup-title").focus();
  }

  /** Show the buttons of this step. */
  #offer() {
    const at = this.#steps.indexOf(this.#step);
    const hasChanges = Boolean(this.#step.changes);
    byId("setup-back").hidden = !this.#isWizard || at === 0;
    byId("setup-skip").hidden = !this.#isWizard || !hasChanges || at === this.#steps.length - 1;
    byId("setup-next").hidden = this.#isWizard ? at === this.#steps.length - 1 : !hasChanges;
    put(byId("setup-next"), this.#isWizard ? "setup-next" : "setup-save");
  }

  /** Say what cannot be changed here, and why. */
  #showLimits() {
    const { read_only: why, overridden = {} } = this.#settings.report ?? {};
    byId("setup-read-only").hidden = !why;
    if (why) put(byId("setup-read-only"), "setup-read-only", { why });
    for (const field of byId("setup-panel").querySelectorAll("form :is(input, select, textarea, #setup-new-token)")) {
      field.disabled = Boolean(why) || field.name in overridden;
    }
    byId("setup-next").disabled = Boolean(why) && !this.#isWizard;
    const names = [...byId("setup-panel").querySelectorAll(`[data-step="${this.#step.name}"] [name]`)].map(({ name }) => name);
    const keys = Object.keys(overridden).filter((key) => names.includes(key));
    byId("setup-overridden").hidden = !keys.length;
    put(byId("setup-overridden"), "setup-overridden", { keys: keys.map((key) => overridden[key]).join(", ") });
  }

  #move(by) {
    const next = this.#steps[this.#steps.indexOf(this.#step) + by];
    if (next) location.hash = PREFIX + next.name;
  }

  async #goOn() {
    const isToBeSeen = this.#step.isToBeSeen?.();
    if (!(await this.#save())) return;
    if (this.#isWizard && !isToBeSeen) this.#move(1);
  }

  /** Apply what was changed in this step; return true unless it was refused or is not right. */
  async #save() {
    const form = byId("setup-panel").querySelector(`form[data-step="${this.#step.name}"]`);
    if (form && !form.reportValidity()) return false;
    const { changes, secrets = {} } = this.#step.changes?.() ?? { changes: {} };
    if (!Object.keys({ ...changes, ...secrets }).length) {
      if (!this.#isWizard) put(byId("setup-status"), "setup-unchanged");
      return true;
    }
    return this.#apply({ changes, secrets });
  }

  async #apply({ changes = {}, secrets = {} }) {
    if (!this.#isWizard && !(await this.#confirm({ changes, secrets }))) return false;
    return this.#act({ action: "apply", changes, secrets });
  }

  /** Show what would change, and wait for the answer. */
  async #confirm(wanted) {
    const { ok, content, error } = await this.#settings.ask({ action: "preview", ...wanted });
    if (!ok) {
      put(byId("setup-error"), "setup-refused", { why: error });
      return false;
    }
    showChanges(byId("setup-asked-changes"), content.changes);
    byId("setup-asked").hidden = false;
    byId("setup-confirm").focus();
    const answer = await new Promise((resume) => {
      byId("setup-confirm").onclick = () => resume(true);
      byId("setup-decline").onclick = () => resume(false);
      this.#declined = () => resume(false);
    });
    this.#decline();
    byId("setup-title").focus();
    return answer;
  }

  #decline() {
    byId("setup-asked").hidden = true;
    this.#declined?.();
    this.#declined = null;
  }

  /** Have the device change its settings, and wait until it uses them. */
  async #act(wanted) {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    const step = this.#step;
    putPlain(byId("setup-error"), "");
    put(byId("setup-status"), "setup-applying");
    byId("setup-panel").ariaBusy = "true";
    const why = await this.#settings.change(wanted);
    byId("setup-panel").ariaBusy = null;
    this.#isBusy = false;
    if (why) {
      putPlain(byId("setup-status"), "");
      put(byId("setup-error"), "setup-refused", { why });
    } else {
      put(byId("setup-status"), "setup-applied");
      step.applied?.();
      if (step === this.#step) step.fill?.(this.#settings.report);
      this.#showLimits();
    }
    if (step === this.#step) step.enter?.();
    return !why;
  }
}
