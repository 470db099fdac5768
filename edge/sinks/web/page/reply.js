/** The reply to the signer: shown as on the device's own screen, and written by who may send commands. */
import { plain, send } from "./commands.js";
import { put, putPlain } from "./language.js";

const PAUSE_MS = 300; // between two partial replies; the device takes 40 commands in ten seconds

const byId = (id) => document.getElementById(id);

/** Shows the reply, and sends what is written. */
export class Reply {
  #timer;
  #next = null;
  #isSending = false;
  #wake = () => {};

  constructor() {
    const input = byId("reply-input");
    input.addEventListener("input", () => this.#send({ text: input.value, partial: true }));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      byId("reply-form").requestSubmit();
    });
    byId("reply-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send({ text: input.value, partial: false });
      input.value = "";
    });
    byId("reply-remove").addEventListener("click", () => {
      input.value = "";
      this.#send({ text: "", partial: false });
    });
  }

  /** Show a reply for its time, or remove it if its text is empty; screen readers announce a whole one. */
  show({ text, partial, shown_for_s: seconds }) {
    clearTimeout(this.#timer);
    byId("reply").hidden = !text;
    putPlain(byId("reply-text"), text);
    put(byId("reply-title"), partial ? "reply-partial" : "reply");
    if (!partial) putPlain(byId("reply-announced"), text);
    if (text) this.#timer = setTimeout(() => this.clear(), 1_000 * seconds);
  }

  /** Remove the reply. */
  clear() {
    this.show({ text: "", partial: false });
  }

  /** Send one reply after another, since a later one could overtake; of those that wait, only the last is sent. */
  async #send(reply) {
    this.#next = reply;
    if (!reply.partial) this.#wake();
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#next) {
      const { text, partial } = this.#next;
      this.#next = null;
      const reason = await send("reply", { text: plain(text), partial });
      if (reason) put(byId("reply-status"), "reply-failed", { reason });
      else putPlain(byId("reply-status"), "");
      if (reason && !partial) byId("reply-input").value ||= text;
      if (!this.#next || this.#next.partial) {
        await new Promise((resume) => {
          this.#wake = resume;
          setTimeout(resume, PAUSE_MS);
        });
      }
    }
    this.#isSending = false;
  }
}
