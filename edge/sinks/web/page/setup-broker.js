/** The step that chooses a broker, and tries it. */
import { send } from "./commands.js";
import { put, putPlain } from "./language.js";
import { choice, describe } from "./setup-camera.js";
import { changesOf, fillForm } from "./setup-settings.js";

const [NONE, OTHER] = ["none", "other"];

const byId = (id) => document.getElementById(id);

/** Manages the list of brokers, the form of one, and what came of trying it. */
export class BrokerStep {
  name = "broker";
  #context;
  #form = document.querySelector('form[data-step="broker"]');
  #found = [];
  #isTried = false;

  constructor(context) {
    this.#context = context;
    byId("setup-brokers").addEventListener("change", () => this.#choose());
    byId("setup-try-broker").addEventListener("click", () => this.#try());
    byId("setup-broker").addEventListener("input", () => this.#forget());
    this.#form.elements["mqtt.tls"].addEventListener("change", () => {
      const port = this.#form.elements["mqtt.port"];
      if (["", "1883", "8883"].includes(port.value)) port.value = this.#form.elements["mqtt.tls"].checked ? "8883" : "1883";
      this.#showForm();
    });
  }

  enter() {
    send("setup", { action: "brokers" });
  }

  fill(report) {
    fillForm(this.#form, report);
    const password = this.#form.elements["mqtt.password"];
    password.value = "";
    password.placeholder = report.secrets["mqtt.password"] ? "••••••••" : "";
    this.#list();
  }

  show({ brokers, broker }) {
    if (brokers) {
      if (JSON.stringify(brokers.found) !== JSON.stringify(this.#found)) {
        this.#found = brokers.found;
        this.#list();
      }
      if (brokers.is_running) put(byId("setup-broker-search"), "setup-searching-brokers");
      else if (!brokers.found.length) put(byId("setup-broker-search"), "setup-none-found");
      else putPlain(byId("setup-broker-search"), "");
    }
    if (!broker || !this.#isTried) return;
    const outcome = broker.is_running ? "trying" : (broker.outcome ?? "failed");
    put(byId("setup-outcome"), `outcome-${outcome}`, { host: broker.host, detail: broker.detail ?? "" });
    byId("setup-outcome").classList.toggle("good", outcome === "ok");
    byId("setup-outcome").classList.toggle("bad", !["ok", "trying"].includes(outcome));
    if (/^cert|^ca_/.test(outcome)) byId("setup-ca").open = true;
  }

  changes() {
    const { report } = this.#context.settings;
    const has = "mqtt.host" in report.values;
    if (!this.#chosen || this.#chosen === NONE) return { changes: has && this.#chosen ? { mqtt: null } : {} };
    const { changes, secrets } = changesOf(this.#form, report);
    if (changes["mqtt.username"] === null && report.secrets["mqtt.password"]) secrets["mqtt.password"] = null;
    return { changes, secrets };
  }

  get #chosen() {
    return this.#form.querySelector('[name="setup-broker"]:checked')?.value;
  }

  #list() {
    const { values, read_only: readOnly } = this.#context.settings.report;
    const list = byId("setup-brokers");
    const had = document.activeElement?.closest("#setup-brokers") && document.activeElement.value;
    const before = this.#chosen;
    const rows = this.#found.map((one) => {
      const row = choice("setup-broker", keyOf(one));
      const label = row.querySelector("span");
      if (one.is_guess) put(label, "setup-guessed", { name: one.name });
      else label.textContent = one.name;
      describe(row, keyOf(one));
      return row;
    });
    const [other, none] = [choice("setup-broker", OTHER), choice("setup-broker", NONE)];
    put(other.querySelector("span"), "setup-other-broker");
    put(none.querySelector("span"), "setup-no-broker");
    list.replaceChildren(list.querySelector("legend"), ...rows, other, none);
    const radios = [...list.querySelectorAll("input")];
    const known = this.#found.find(({ host, port }) => host === values["mqtt.host"] && port === values["mqtt.port"]);
    const configured = known ? keyOf(known) : "mqtt.host" in values ? OTHER : NONE;
    const chosen = radios.find(({ value }) => value === before) ?? radios.find(({ value }) => value === configured);
    chosen.checked = true;
    if (had) radios.find(({ value }) => value === had)?.focus();
    for (const radio of radios) radio.disabled = Boolean(readOnly);
    this.#showForm();
  }

  #choose() {
    const found = this.#found.find((one) => keyOf(one) === this.#chosen);
    if (found) {
      this.#form.elements["mqtt.host"].value = found.host;
      this.#form.elements["mqtt.port"].value = found.port;
      this.#form.elements["mqtt.tls"].checked = found.tls;
    } else if (this.#chosen === OTHER && !this.#form.elements["mqtt.port"].value) {
      this.#form.elements["mqtt.port"].value = "1883";
    }
    this.#forget();
    this.#showForm();
  }

  #showForm() {
    const isNone = !this.#chosen || this.#chosen === NONE;
    byId("setup-broker").hidden = isNone;
    byId("setup-ca").hidden = !this.#form.elements["mqtt.tls"].checked;
    this.#form.elements["mqtt.host"].required = !isNone;
  }

  /** What is written now was not tried. */
  #forget() {
    this.#isTried = false;
    putPlain(byId("setup-outcome"), "");
  }

  async #try() {
    if (!this.#form.reportValidity()) return;
    const field = (name) => this.#form.elements[`mqtt.${name}`];
    const { report } = this.#context.settings;
    const username = field("username").value.trim();
    const broker = {
      host: field("host").value.trim(),
      port: Number(field("port").value || (field("tls").checked ? 8883 : 1883)),
      tls: field("tls").checked,
      ...(username && { username }),
      ...(username && field("password").value && { password: field("password").value }),
      ...(field("tls").checked && field("ca").value.trim() && { ca: field("ca").value }),
    };
    this.#isTried = true;
    put(byId("setup-outcome"), "outcome-trying", { host: broker.host });
    // The password that the device has is known to it alone, which shows it to the broker of its settings and no other.
    const { secrets, values } = report;
    const isSame = ["host", "port", "username"].every((name) => values[`mqtt.${name}`] === broker[name]);
    const isConfigured =
      secrets["mqtt.password"] && !broker.password && !broker.ca && isSame && Boolean(values["mqtt.tls"]) === broker.tls;
    const why = await send("setup", { action: "try_broker", ...(isConfigured ? {} : { broker }) });
    if (why) put(byId("setup-outcome"), "outcome-failed", { detail: why });
  }
}

function keyOf({ host, port }) {
  return `${host}:${port}`;
}
