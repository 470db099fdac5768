/** The step that chooses the camera and places it: what it sees, and the one thing to do next. */
import { send } from "./commands.js";
import { element } from "./history.js";
import { put, putPlain } from "./language.js";
import { amountOf } from "./setup-amounts.js";
import { changesOf, fillForm } from "./setup-settings.js";

const OTHER = "other";
const GUIDE_EVERY_MS = 40_000; // the device measures for a minute at a time

const byId = (id) => document.getElementById(id);

/** Manages the list of cameras and the guide. */
export class CameraStep {
  name = "camera";
  #context;
  #form = document.querySelector('form[data-step="camera"]');
  #found = [];
  #timer;
  #degrees = null;
  #isGuiding = false;

  constructor(context) {
    this.#context = context;
    byId("setup-search").addEventListener("click", () => this.#search());
    byId("setup-turn").addEventListener("click", () => context.apply({ "camera.rotation_degrees": this.#degrees }));
    byId("setup-cameras").addEventListener("change", () => {
      this.#showOwn();
      if (context.isWizard && this.#chosen !== OTHER) context.save(); // so that its picture is seen
    });
  }

  enter() {
    this.#context.showView(byId("setup-view"));
    this.#search();
    this.#guide();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#guide(), GUIDE_EVERY_MS);
  }

  leave() {
    clearInterval(this.#timer);
    this.#isGuiding = false;
    send("setup", { action: "stop" });
  }

  fill(report) {
    fillForm(this.#form, report);
    this.#form.elements["camera.password"].value = "";
    const isSet = report.secrets["camera.password"];
    if (isSet) this.#form.elements["camera.password"].placeholder = "••••••••";
    this.#list();
  }

  show({ cameras, guide }) {
    if (cameras) {
      // Not at every measure of the guide: a row that is replaced while somebody presses it is not chosen.
      if (JSON.stringify(cameras.found) !== JSON.stringify(this.#found)) {
        this.#found = cameras.found;
        this.#list();
      }
      const note = cameras.is_running ? "setup-searching" : "setup-no-camera";
      if (cameras.is_running || !cameras.found.length) put(byId("setup-searching"), note);
      else putPlain(byId("setup-searching"), "");
    }
    if (!guide && this.#isGuiding) this.#guide(); // a restart of the device, or another browser, has ended it
    this.#isGuiding = Boolean(guide);
    const advice = guide?.advice ?? "wait";
    this.#degrees = advice === "turn_picture" ? guide.figures.degrees : null;
    put(byId("setup-advice"), `advice-${advice}`);
    byId("setup-advice").classList.toggle("good", advice === "good");
    const amount = amountOf(advice, guide?.figures);
    if (amount) put(byId("setup-amount"), ...amount); // no live region: it changes with every measure
    else putPlain(byId("setup-amount"), "");
    if (guide?.fault) put(byId("setup-camera-fault"), "state-fault", { sentence: guide.fault });
    else putPlain(byId("setup-camera-fault"), "");
    byId("setup-turn").hidden = this.#degrees === null || Boolean(this.#context.settings.report?.read_only);
  }

  changes() {
    const chosen = this.#chosen;
    if (chosen === OTHER) return changesOf(this.#form, this.#context.settings.report);
    const { values } = this.#context.settings.report;
    return { changes: chosen && chosen !== values["camera.source"] ? { "camera.source": chosen } : {} };
  }

  /** Whether the picture of what is chosen has to be seen before the step is left: that of an address that was written. */
  isToBeSeen() {
    return this.#chosen === OTHER && Object.keys(this.changes().changes).length > 0;
  }

  get #chosen() {
    return this.#form.querySelector('[name="setup-camera"]:checked')?.value;
  }

  #search() {
    send("setup", { action: "cameras" });
  }

  #guide() {
    send("setup", { action: "guide" });
  }

  /** List the cameras; the one that was chosen or is configured stays chosen. */
  #list() {
    const { values } = this.#context.settings.report;
    const configured = values["camera.source"];
    const used = this.#found.find(({ source, is_used: isUsed }) => isUsed || source === configured);
    const before = this.#chosen ?? used?.source;
    const list = byId("setup-cameras");
    const had = document.activeElement?.closest("#setup-cameras") && document.activeElement.value;
    const rows = this.#found.map(({ source, name, is_busy: isBusy }) => {
      const row = choice("setup-camera", source);
      const label = row.querySelector("span");
      if (isBusy) put(label, "setup-camera-busy", { name });
      else label.textContent = name;
      if (source !== name) describe(row, source);
      return row;
    });
    const other = choice("setup-camera", OTHER);
    put(other.querySelector("span"), "setup-other-camera");
    list.replaceChildren(list.querySelector("legend"), ...rows, other);
    const radios = [...list.querySelectorAll("input")];
    const chosen = radios.find(({ value }) => value === before) ?? (isAddress(configured) ? other.querySelector("input") : null);
    if (chosen) chosen.checked = true;
    if (had) radios.find(({ value }) => value === had)?.focus();
    for (const radio of radios) radio.disabled = Boolean(this.#context.settings.report.read_only);
    this.#showOwn();
  }

  #showOwn() {
    const isOther = this.#chosen === OTHER;
    byId("setup-own-camera").hidden = !isOther;
    const field = this.#form.elements["camera.source"];
    field.required = isOther;
    if (isOther && !isAddress(field.value)) field.value = "";
  }
}

/** Return a row of a list of choices. */
export function choice(name, value) {
  const row = element("label");
  const texts = element("div");
  texts.append(element("span"));
  row.append(Object.assign(element("input"), { type: "radio", name, value }), texts);
  return row;
}

/** Add a line to a row, which is the same in every language. */
export function describe(row, line) {
  row.lastElementChild.append(Object.assign(element("small"), { textContent: line, dir: "ltr" }));
}

function isAddress(source) {
  return /^[a-z]+:\/\//.test(source ?? "");
}
