/** The settings of the device, as it reports them, and changes of them until the device uses them. */
import { execute, send } from "./commands.js";

const LOADING_MS = 1_000;
const TRIES = 40;
const PATIENCE_MS = 60_000;
const DONE = ["applied", "refused"];

/** Reads and changes the settings. */
export class Settings {
  report = null;
  #state = null;
  #count = 0;
  #wake = () => {};

  /** Return the answer to a request. */
  ask(request) {
    return execute("settings", request);
  }

  /** Load the report; while the device restarts, that is tried again. */
  async load() {
    for (let left = TRIES; left > 0; left--) {
      const { ok, content } = await this.ask({ action: "get" });
      if (ok) return void (this.report = content);
      await pause(LOADING_MS);
    }
  }

  /** Note the state of the latest change. */
  receive(state) {
    this.#state = state;
    this.#count++;
    this.#wake();
  }

  /** Make a change, and wait until the device uses it; return why it does not, or "". */
  async change(request) {
    const before = this.#count;
    const refusal = await send("settings", request);
    if (refusal) return refusal;
    const until = Date.now() + PATIENCE_MS;
    // The first state since may be the one of a change before, if the connection was lost in the meantime.
    while (Date.now() < until && !(this.#count > before && DONE.includes(this.#state.phase))) {
      await Promise.race([new Promise((resume) => (this.#wake = resume)), pause(LOADING_MS)]);
    }
    await this.load();
    return this.#count > before && this.#state.phase === "refused" ? (this.#state.why ?? "") : "";
  }
}

/** Return the changes that a form makes to the report: each field that has the name of a key, or of a secret. */
export function changesOf(form, { values, secrets: known }) {
  const [changes, secrets] = [{}, {}];
  for (const field of form.elements) {
    if (!field.name || field.matches("[type=radio]:not(:checked)") || field.closest("[hidden], [data-unused]")) continue;
    const value = field.type === "checkbox" ? field.checked : field.value.trim();
    if (field.name in known) {
      if (value) secrets[field.name] = field.value;
    } else if (field.name.includes(".") || field.name === "device") {
      const old = values[field.name] ?? (field.type === "checkbox" ? false : "");
      if (String(old) !== String(value)) changes[field.name] = value === "" ? null : typed(field, value);
    }
  }
  return { changes, secrets };
}

/** Show the report's values in a form. */
export function fillForm(form, { values }) {
  for (const field of form.elements) {
    const value = values[field.name];
    if (!field.name || value === undefined) continue;
    if (field.type === "radio") field.checked = String(value) === field.value;
    else if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value ?? "";
  }
}

function typed(field, value) {
  return typeof value === "string" && /^(captions\.text_size|mqtt\.port)$/.test(field.name) ? Number(value) : value;
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
