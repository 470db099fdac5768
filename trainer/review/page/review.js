/** The review of takes: shows one take after another, and sends a decision about each. */
import { apply, put, putPlain, toggle } from "./language.js";

const byId = (id) => document.getElementById(id);
const field = byId("other-word");
let view = null;
let isBusy = false; // a key that comes meanwhile is for a take that is not shown yet

/** Ask the command, show what it answers and then a status; return false if it refuses. */
async function ask(path, body, status, values) {
  if (isBusy) return false;
  isBusy = true;
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`api/${path}`, options).catch(() => null);
  const content = await response?.json().catch(() => null);
  isBusy = false;
  putPlain(byId("problem"));
  if (response?.ok) show(content);
  else if (typeof content?.detail === "string") putPlain(byId("problem"), content.detail);
  else put(byId("problem"), "connection-lost");
  if (response?.ok && status) put(byId("status"), status, values);
  return Boolean(response?.ok);
}

function show(next) {
  view = next;
  const { counts, take } = view;
  const total = countTakes();
  const done = total - counts.new;
  [byId("progress").max, byId("progress").value] = [total, done];
  put(byId("counts"), "counts", { ...counts, done, total });
  byId("undo").disabled = !done;
  byId("finished").hidden = Boolean(take);
  byId("take").hidden = !take;
  field.value = "";
  if (take) showTake(take, total);
}

function showTake(take, total) {
  byId("animation").innerHTML = take.animation; // drawn by the command, which has escaped its text
  putPlain(byId("word"), ...wordOf(take.word));
  byId("take").dataset.state = take.state;
  put(byId("state"), take.state, { before: take.before?.arabic });
  showSaid(take.said);
  if (!take.person) put(byId("person"), "person-unknown");
  else if (take.purpose) put(byId("person"), `consent-${take.purpose}`, { person: take.person });
  else putPlain(byId("person"), take.person);
  put(byId("length"), "seconds", { seconds: take.seconds.toFixed(1) });
  put(byId("number"), "number", { number: take.number, total });
  putPlain(byId("name"), take.name);
  byId("word").focus(); // screen readers say it, and Enter presses no button
}

function showSaid(said) {
  byId("as-said").hidden = !said || said.agrees;
  byId("said").classList.toggle("differs", Boolean(said) && !said.agrees);
  if (!said) return put(byId("said"), "said-nothing");
  const confidence = `${Math.floor(100 * said.confidence)} %`; // 99.9 % must not become 100 %
  const note = document.createElement("span");
  put(note, said.agrees ? "said-agrees" : "said-differs");
  putPlain(byId("said"), ...wordOf(said.word), ` ${confidence} (`, note, ")");
  put(byId("as-said"), "as-said", { word: said.word.arabic });
}

/** Return the elements of a word: Arabic, and English where it is known. */
function wordOf({ arabic, english }) {
  const texts = english === arabic ? { ar: arabic } : { ar: arabic, en: english };
  return Object.entries(texts).flatMap(([lang, text], number) => {
    const element = document.createElement("bdi");
    [element.lang, element.textContent] = [lang, text];
    return number ? [" ", element] : [element];
  });
}

async function loadWords() {
  const words = await fetch("api/words").then((response) => response.json(), () => []);
  const options = words.map(({ arabic, english }) => new Option(english === arabic ? "" : english, arabic));
  byId("words").replaceChildren(...options);
}

function countTakes() {
  return Object.values(view.counts).reduce((sum, count) => sum + count, 0);
}

function decide(verdict) {
  const number = view?.take?.number;
  if (number) ask(`takes/${number}`, { verdict }, `was-${verdict}`, { number });
}

async function relabel(word) {
  const { number } = view.take;
  if (await ask(`takes/${number}`, { verdict: "accepted", word }, "was-relabelled", { number })) loadWords();
}

/** Show another take: the one so many takes further. */
function go(steps) {
  const total = countTakes();
  const number = view.take?.number ?? (steps > 0 ? 0 : total + 1);
  ask(`takes/${((number - 1 + steps + total) % total) + 1}`);
}

const goBack = () => go(-1);
const goOn = () => go(1);
const undo = () => ask("undo", {}, "was-undone");
const accept = () => decide("accepted");
const reject = () => decide("rejected");
const isRightToLeft = () => document.documentElement.dir === "rtl";
const KEYS = {
  Enter: accept,
  Delete: reject,
  Backspace: reject, // the key of this place on a Mac
  ArrowLeft: () => (isRightToLeft() ? goOn() : goBack()),
  ArrowRight: () => (isRightToLeft() ? goBack() : goOn()),
  " ": () => byId("pause").click(),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  if (target === field && key === "Escape") {
    field.value = "";
    byId("word").focus();
  } else if (target === field) {
    return;
  } else if (isCommand && event.code === "KeyZ") {
    event.preventDefault();
    undo();
  } else if (isCommand || event.altKey || (target.matches("button, input") && (key === "Enter" || key === " "))) {
    return; // the browser's own
  } else if (key in KEYS) {
    event.preventDefault();
    if (!event.repeat) KEYS[key]();
  } else if (key.length === 1) field.focus(); // which then receives the letter
});

for (const [id, act] of Object.entries({ accept, reject, undo, previous: goBack, next: goOn, language: toggle })) {
  byId(id).addEventListener("click", act);
}
byId("as-said").addEventListener("click", () => relabel(String(view.take.said.sign_id)));
byId("relabel").addEventListener("submit", (event) => {
  event.preventDefault();
  relabel(field.value);
});

// Who wants less motion sees the first frame, and plays it on request.
byId("pause").checked = matchMedia("(prefers-reduced-motion: reduce)").matches;
apply();
loadWords();
ask("takes");
