/** What the device has learned: its signs and the corrections among their takes, each to be seen and to be taken back. */
import { execute } from "./commands.js";
import { arabic, element, english } from "./history.js";
import { put, putPlain, text } from "./language.js";
import { Movement } from "./movement.js";

const byId = (id) => document.getElementById(id);

/** Manages the lists. */
export class Learned {
  #movement = new Movement("playing");
  #open = new Set(); // the numbers of the signs whose takes are shown
  #shown = null; // the button of the take whose movement is shown

  constructor() {
    byId("learned-undo").addEventListener("click", () => this.#undo());
  }

  /** Load the lists. */
  async load() {
    const content = await this.#execute({ action: "list" });
    if (!content) return;
    this.#hide();
    const { signs, history } = content;
    const takes = signs.flatMap(({ sign, takes }) => takes.map((take) => ({ sign, take })));
    const corrections = takes.filter(({ take }) => take.said).sort((a, b) => b.take.at.localeCompare(a.take.at));
    byId("learned-signs").replaceChildren(...signs.map((one) => this.#signRow(one)));
    byId("corrections").replaceChildren(...corrections.map(({ sign, take }) => this.#takeRow(take, sign)));
    if (signs.length) putPlain(byId("learned-empty"), "");
    else put(byId("learned-empty"), "learned-nothing");
    byId("corrections-empty").hidden = corrections.length > 0;
    byId("learned-undo").hidden = byId("learned-latest").hidden = !history.length;
    const { what, at } = history[0] ?? {};
    if (what) put(byId("learned-latest"), `learned-${what}`, { at: new Date(at) });
  }

  #signRow({ sign, is_own: isOwn, takes }) {
    const row = element("li");
    const details = element("details");
    const summary = element("summary");
    const count = labelled("span", "quiet", "learned-count", { n: takes.length });
    summary.append(names(sign, isOwn ? "learned-own" : "learned-variant"), count);
    const list = element("ul", "takes");
    details.append(summary, list);
    details.open = this.#open.has(sign.sign_id);
    const fill = () => list.replaceChildren(...(details.open ? takes.map((take) => this.#takeRow(take)) : []));
    fill();
    details.addEventListener("toggle", () => {
      this.#open[details.open ? "add" : "delete"](sign.sign_id);
      if (list.contains(byId("playing"))) this.#hide();
      if (details.open !== list.hasChildNodes()) fill();
    });
    row.append(details);
    return row;
  }

  /** Return the row of a take; with its sign, as one of the corrections. */
  #takeRow(take, sign) {
    const row = element("li", "take");
    const { person, at, said } = take;
    const facts = labelled("span", "quiet", "learned-take", { person: person ?? "—", at: new Date(at) });
    const show = labelled("button", "", "learned-show");
    const remove = labelled("button", "", "learned-remove");
    show.addEventListener("click", () => this.#show(take.take, row, show));
    remove.addEventListener("click", () => this.#remove(take.take, remove));
    if (sign) row.append(names(sign), labelled("span", "quiet", "corrections-said", { word: said.word, share: said.confidence }));
    row.append(facts, show, remove);
    return row;
  }

  /** Show the movement of a take below its row, or no longer. */
  async #show(name, row, button) {
    const wasShown = this.#shown === button;
    this.#hide();
    if (wasShown) return;
    this.#shown = button;
    const movement = await this.#execute({ action: "show", take: name });
    if (!movement || this.#shown !== button) return;
    put(button, "learned-hide");
    row.append(byId("playing"));
    byId("playing").hidden = false;
    this.#movement.show([movement]);
  }

  #hide() {
    if (this.#shown) put(this.#shown, "learned-show");
    this.#shown = null;
    this.#movement.show([]);
    byId("playing").hidden = true;
    byId("teach-page").append(byId("playing"));
  }

  async #remove(name, button) {
    if (!confirm(text("learned-sure")) || !(await this.#execute({ action: "remove", take: name }))) return;
    button.disabled = true; // the list is loaded again as soon as the device has forgotten it
    put(button, "learned-removing");
  }

  async #undo() {
    if (confirm(text("learned-sure-undo"))) await this.#execute({ action: "undo" });
  }

  /** Return the content of the response, or null if the device refuses. */
  async #execute(payload) {
    const { ok, content, error } = await execute("learned", payload);
    if (ok) putPlain(byId("learned-status"), "");
    else put(byId("learned-status"), "teach-not-done", { reason: error });
    return ok ? (content ?? {}) : null;
  }
}

function names({ word, word_en: inEnglish }, tag) {
  const entry = element("span", "entry");
  entry.append(arabic("b", word), ...(inEnglish === word ? [] : [english(inEnglish)]));
  if (tag) entry.append(labelled("span", "tag", tag));
  return entry;
}

function labelled(tag, className, name, inserted) {
  const node = element(tag, className);
  if (tag === "button") node.type = "button";
  put(node, name, inserted);
  return node;
}
