/** Who is asked, by which words, and for what: part of each form that begins the keeping of takes, and one of its own. */
import { plain, send } from "./commands.js";
import { element } from "./history.js";
import { put, putPlain } from "./language.js";

const byId = (id) => document.getElementById(id);

/** Put the fields of who is asked, and for what, into a form. */
export function askIn(form) {
  form.querySelector(".actions").before(byId("asking").content.cloneNode(true));
  const { person, purpose } = form.elements;
  const withdraw = () => (form.querySelector("[type=checkbox]").checked = false); // it was of somebody else, or for less
  for (const field of [person, ...purpose]) field.addEventListener("input", withdraw);
}

/** Return the purpose that is chosen in a form. */
export function purposeOf(form) {
  return form.elements.purpose.value;
}

/** Return the sentences of a text as lines, since each may have another direction. */
function sentencesOf(words) {
  return words.split(/(?<=[.؟?!]) /).map((textContent) => Object.assign(element("span"), { textContent, dir: "auto" }));
}

/** Manages the form that begins the keeping of what is signed. */
export class ConsentForm {
  #form = byId("consent-form");

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
  }

  /** Show the questions; the form is there while nothing is kept. */
  show({ is_on: isOn, session, words }) {
    byId("keep").hidden = !isOn || session !== null;
    for (const quote of document.querySelectorAll("#teach-page [data-purpose]")) {
      quote.replaceChildren(...sentencesOf(words[quote.dataset.purpose]));
    }
  }

  async #begin() {
    const refusal = this.#form.querySelector(".wrong");
    const minutes = byId("consent-minutes").valueAsNumber;
    const person = plain(this.#form.elements.person.value);
    const reason = await send("consent", { action: "start", person, purpose: purposeOf(this.#form), minutes });
    if (reason) put(refusal, "teach-not-done", { reason });
    else putPlain(refusal, "");
  }
}
