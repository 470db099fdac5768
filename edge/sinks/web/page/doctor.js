/** The panel "Health check": has the device check itself, lists what it finds, and saves the support bundle. */
import { execute } from "./commands.js";
import { element } from "./history.js";
import { add as addTexts, has, put, putPlain } from "./language.js";
import { add as addSentences } from "./sentences.js";
import { SENTENCES, TEXTS } from "./doctor-texts.js";

const HERE = "live-signs/assets/";
const STATES = ["failed", "warning", "ok", "skipped"]; // those that somebody must act on first
const MEDIA_TYPE = "application/zip";

const byId = (id) => document.getElementById(id);

/** Load the panel's content, and return what manages it; null if the device is unreachable. */
export async function openDoctor() {
  const response = await fetch(`${HERE}doctor.html`).catch(() => null);
  if (!response?.ok) return null;
  const panel = byId("doctor");
  panel.insertAdjacentHTML("beforeend", await response.text());
  document.head.append(Object.assign(element("link"), { rel: "stylesheet", href: `${HERE}doctor.css` }));
  addTexts(TEXTS, panel);
  addSentences(SENTENCES);
  return new Doctor();
}

/** Shows the last check, begins another, and saves the bundle. */
class Doctor {
  #rows = new Map(); // by the names of the checks

  constructor() {
    byId("doctor-check").addEventListener("click", () => this.#check());
    byId("doctor-save").addEventListener("click", () => this.#save());
  }

  /** Show the check that runs, or the last one. */
  show({ phase, at, ready, findings, why }) {
    const isRunning = phase === "running";
    byId("doctor-check").disabled = isRunning;
    byId("doctor-save").hidden = byId("doctor-save-note").hidden = phase === "none" || isRunning;
    this.#showFindings(findings);
    const problems = findings.filter(isProblem).length;
    const done = problems ? (ready ? "doctor-warnings" : "doctor-not-ready") : "doctor-ready";
    const name = { none: "doctor-none", running: "doctor-running", failed: "doctor-failed" }[phase] ?? done;
    put(byId("doctor-status"), name, { n: isRunning ? findings.length : problems, at: at ? new Date(at) : "", why: why ?? "" });
    byId("doctor-status").dataset.state = phase === "done" ? (ready ? (problems ? "warning" : "ok") : "failed") : "";
  }

  /** List what somebody must look at, and everything else below it; rows stay the same elements. */
  #showFindings(findings) {
    const checks = new Set(findings.map(({ check }) => check));
    for (const [check, row] of this.#rows) if (!checks.has(check)) this.#remove(check, row);
    const sorted = [...findings].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const problems = sorted.filter(isProblem);
    const others = sorted.filter((finding) => !isProblem(finding));
    this.#list(byId("doctor-findings"), problems);
    this.#list(byId("doctor-others"), others);
    byId("doctor-rest").hidden = !others.length;
    put(byId("doctor-rest").firstElementChild, "doctor-rest", { n: others.length });
  }

  #list(list, findings) {
    findings.forEach((finding, place) => {
      const row = this.#row(finding.check);
      fill(row, finding);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
  }

  #remove(check, row) {
    row.remove();
    this.#rows.delete(check);
  }

  #row(check) {
    if (!this.#rows.has(check)) {
      const row = element("li", "finding");
      row.append(element("span", "tag"), element("b"), element("p"), element("p", "remedy"));
      this.#rows.set(check, row);
    }
    return this.#rows.get(check);
  }

  async #check() {
    putPlain(byId("doctor-fault"), "");
    const { ok, error } = await execute("doctor");
    if (!ok) put(byId("doctor-fault"), "doctor-not-done", { reason: error });
  }

  async #save() {
    putPlain(byId("doctor-fault"), "");
    const { ok, content, error } = await execute("support_bundle");
    if (!ok) return put(byId("doctor-fault"), "doctor-not-done", { reason: error });
    const bytes = Uint8Array.from(atob(content.content), (character) => character.charCodeAt(0));
    const href = URL.createObjectURL(new Blob([bytes], { type: MEDIA_TYPE }));
    Object.assign(element("a"), { href, download: content.name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}

function isProblem({ state }) {
  return state === "failed" || state === "warning";
}

function fill(row, { check, state, sentence, remedy }) {
  const [tag, name, found, toDo] = row.children;
  row.dataset.state = state;
  put(tag, `finding-${state}`);
  const part = check.replaceAll(" ", "-");
  if (has(`check-${part}`)) put(name, `check-${part}`);
  else put(name, "check-library", { name: check });
  put(found, "doctor-sentence", { sentence });
  toDo.hidden = !remedy;
  put(toDo, "doctor-remedy", { sentence: remedy });
}
