/** Puts the page together: the device's captions, view, history and state, and the visitor's own camera. */
import { Caption } from "./caption.js";
import { Events } from "./events.js";
import { History } from "./history.js";
import * as language from "./language.js";
import { OwnCamera } from "./own-camera.js";
import { State } from "./state.js";
import * as theme from "./theme.js";
import { View } from "./view.js";

const UNAUTHORIZED = 401;
const ASK_AGAIN_MS = 2_000;
const byId = (id) => document.getElementById(id);

language.begin();
theme.begin();
theme.offer(byId("theme"));

const caption = captionOf("");
const history = new History(byId("history-words"), byId("history-empty"));
const state = new State();
const view = new View({ canvas: byId("view-canvas"), note: byId("view-note"), choice: byId("view-choice") });
const ownCamera = new OwnCamera({
  caption: captionOf("own-"),
  history: new History(byId("own-history-words")),
});
let deviceName = "";
let lastWord = "";
let askingAgain;

language.put(byId("connection-text"), "connecting");
offerOtherLanguage();
byId("language").addEventListener("click", () => {
  language.change();
  offerOtherLanguage();
  entitle();
});
addEventListener("hashchange", () => {
  turn();
  // Whoever turned a page with a key or a screen reader goes on where it begins.
  const beginning = { "#own": "own-title", "#device": "captions" }[location.hash];
  if (beginning) byId(beginning).focus();
});

const events = new Events({
  word(event, { isNew }) {
    caption.show(event, { isNew: isNew && !event.late });
    history.add(event);
    lastWord = event.word;
    entitle();
  },
  health(health) {
    state.show(health);
    view.paused = health.paused;
  },
  clear() {
    caption.clear();
    history.clear();
    lastWord = "";
    entitle();
  },
  connected() {
    tellConnection("connected");
    introduce();
  },
  lost() {
    tellConnection("connection-lost");
    state.grownOld();
    introduce();
  },
  refused: introduce,
});

/** Ask what device this is; also when the connection breaks or is back: it may be set up anew, or want a token. */
async function introduce() {
  clearTimeout(askingAgain);
  const answer = await fetch("api/about").catch((error) => {
    if (error instanceof TypeError) return null; // nobody answers
    throw error;
  });
  if (answer?.status === UNAUTHORIZED) return askForToken();
  if (!answer?.ok) {
    clearTimeout(askingAgain);
    askingAgain = setTimeout(introduce, ASK_AGAIN_MS);
    return;
  }
  const about = await answer.json();
  deviceName = about.device;
  byId("device-name").textContent = deviceName;
  language.put(byId("version"), "version", about);
  language.put(byId("own-how"), "own-how", about);
  byId("to-own").hidden = about.visitors === 0;
  turn();
  view.allow(about.view);
  state.introduce(about);
  entitle();
}

/** Whoever goes on asking with a wrong token has to wait when they bring the right one. */
function askForToken() {
  events.close();
  view.onScreen = false;
  tellConnection("log-in-again");
  byId("log-in").hidden = false;
}

function tellConnection(name) {
  language.put(byId("connection-text"), name);
  byId("connection").dataset.how = name;
}

/** Show the page that the address names. */
function turn() {
  const own = location.hash.startsWith("#own") && !byId("to-own").hidden;
  byId("own-page").hidden = !own;
  byId("device-page").hidden = own;
  byId(own ? "to-own" : "to-device").setAttribute("aria-current", "page");
  byId(own ? "to-device" : "to-own").removeAttribute("aria-current");
  byId("skip").hash = own ? "own-title" : "captions";
  view.onScreen = !own;
  if (!own) ownCamera.leave();
}

function captionOf(prefix) {
  const names = ["word", "english", "facts", "sureness", "at", "unsure", "announced", "hint"];
  return new Caption(Object.fromEntries(names.map((name) => [name, byId(prefix + name)])));
}

function offerOtherLanguage() {
  const button = byId("language");
  const arabicNow = language.chosen() === "ar";
  button.lang = arabicNow ? "en" : "ar";
  button.textContent = arabicNow ? "English" : "العربية";
}

function entitle() {
  const place = [language.text("name"), deviceName].filter(Boolean).join(" ");
  document.title = lastWord ? `${lastWord} · ${place}` : place;
}
