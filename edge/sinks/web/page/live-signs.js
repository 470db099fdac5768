/** Connects the parts of the page: the device's captions, view, history and state, and the visitor's own camera. */
import { Caption } from "./caption.js";
import { Events } from "./events.js";
import { History, MAX_WORDS } from "./history.js";
import { Keeping } from "./keeping.js";
import * as language from "./language.js";
import { Reply } from "./reply.js";
import { State } from "./state.js";
import * as theme from "./theme.js";
import { View } from "./view.js";

const UNAUTHORIZED = 401;
const RETRY_MS = 2_000;
const STARTS = { device: "captions", dictionary: "dictionary-title", teach: "teach-title", settings: "settings-title", own: "own-title" }; // of each page
const byId = (id) => document.getElementById(id);

language.init();
theme.init();
theme.bindSelect(byId("theme"));

const caption = captionOf("");
const history = new History(byId("history-words"), byId("history-empty"));
const keeping = new Keeping();
const reply = new Reply();
const state = new State();
const view = new View({ canvas: byId("view-canvas"), note: byId("view-note"), choice: byId("view-choice") });
let deviceName = "";
let latest = null; // the newest word, or its correction
let dictionary, teach, settings, ownCamera, doctor; // promises, once they are shown
const states = {}; // the latest ones of teaching and of consent
const settingsStates = {}; // those of set-up's checks and of the latest change
let lastCheck; // the latest state of a health check
let retryTimer;

language.put(byId("connection-text"), "connecting");
updateLanguageButton();
byId("language").addEventListener("click", () => {
  language.toggle();
  updateLanguageButton();
  updateTitle();
});
byId("doctor").addEventListener("toggle", showDoctor);
addEventListener("hashchange", () => {
  showPage();
  // Users of the keyboard or a screen reader continue at the start of the page.
  const start = STARTS[location.hash.slice(1)];
  if (start) byId(start).focus();
});

const handlers = {
  events(events, { areNew }) {
    history.add(...events.filter(({ event_type: type }) => type !== "line"));
    events.filter(({ event_type: type }) => type !== "word").forEach(showLine);
    const before = latest;
    for (const word of events.filter(({ event_type: type }) => type === "word")) {
      if (!("corrects" in word)) latest = word;
      else if (word.corrects === latest?.seq) latest = { ...word, seq: word.corrects };
    }
    if (latest === before) return;
    if (latest.word) caption.show(latest, { isNew: areNew && !latest.late });
    else caption.clear();
    updateTitle();
  },
  health(health) {
    state.show(health);
    view.paused = health.paused;
    dictionary?.then((one) => one?.follow(health.model));
  },
  reply: (shown) => reply.show(shown),
  teaching: (teaching) => showStates({ teaching }),
  consent(consent) {
    keeping.show(consent);
    showStates({ consent });
  },
  doctor(check) {
    lastCheck = check;
    doctor?.then((one) => one?.show(check));
  },
  setup: (setup) => showSettingsStates({ setup }),
  settings: (changed) => showSettingsStates({ settings: changed }),
  clear() {
    reply.clear();
    caption.clear();
    history.clear();
    showLine({ text: "" });
    latest = null;
    updateTitle();
  },
  model() {
    loadAbout();
    dictionary?.then((one) => one?.forget());
  },
  connected() {
    showConnection("connected");
    this.model();
  },
  lost() {
    showConnection("connection-lost");
    state.markStale();
    loadAbout();
  },
  refused: loadAbout,
};
const events = new Events(handlers, { limit: MAX_WORDS });

/** Load the description of the device; also when the connection breaks or is back: its configuration or its token may be new. */
async function loadAbout() {
  clearTimeout(retryTimer);
  const answer = await fetch("api/about").catch((error) => {
    if (error instanceof TypeError) return null; // the device is unreachable
    throw error;
  });
  if (answer?.status === UNAUTHORIZED) return askForToken();
  if (!answer?.ok) {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(loadAbout, RETRY_MS);
    return;
  }
  const about = await answer.json();
  deviceName = about.device;
  byId("device-name").textContent = deviceName;
  language.put(byId("version"), "version", about);
  language.put(byId("own-intro"), "own-intro", about);
  byId("to-own").hidden = about.visitors === 0;
  byId("keeping-stop").hidden = !about.commands;
  showStates({ commands: about.commands });
  for (const name of ["reply-form", "doctor", "to-settings"]) byId(name).hidden = !about.commands;
  showPage();
  view.allow(about.view);
  state.setAbout(about);
  history.allowCorrections(about.commands);
  updateTitle();
}

/** Show the line in progress, or the utterance that takes its place, until another begins. */
function showLine({ text, seq = 0, corrects }) {
  const line = byId("line");
  if (corrects && Number(line.dataset.seq) !== corrects) return;
  line.textContent = text;
  line.dataset.seq = corrects ?? seq;
}

/** Show what has changed on the page of teaching, which is offered where commands are accepted and takes are kept. */
function showStates(changed) {
  Object.assign(states, changed);
  const isOffered = Boolean(states.commands && states.consent);
  if (byId("to-teach").hidden === isOffered) {
    byId("to-teach").hidden = !isOffered;
    showPage();
  }
  teach?.then((one) => one?.show(states));
}

/** Stop all requests: further ones with a wrong token would delay the login with the right one. */
function askForToken() {
  events.close();
  view.onScreen = false;
  showConnection("log-in-again");
  byId("log-in").hidden = false;
}

function showConnection(name) {
  language.put(byId("connection-text"), name);
  byId("connection").dataset.state = name;
}

/** Show the page that the hash of the address names. */
function showPage() {
  const shown = shownPage();
  for (const name of Object.keys(STARTS)) {
    byId(`${name}-page`).hidden = name !== shown;
    byId(`to-${name}`).ariaCurrent = name === shown ? "page" : null;
  }
  byId("skip").hash = STARTS[shown];
  if (shown !== "settings") view.onScreen = ["device", "teach"].includes(shown); // its steps decide that
  showOwnCamera(shown === "own");
  showDictionary(shown === "dictionary");
  showTeach(shown === "teach");
  showSettings(shown === "settings");
}

function shownPage() {
  const asked = Object.keys(STARTS).find((name) => location.hash.startsWith(`#${name}`));
  return asked && !byId(`to-${asked}`).hidden ? asked : "device";
}

// The modules of these are loaded when they are shown for the first time. If the device is unreachable, that is tried
// again when the connection is back.

/** Prepare the visitor's own camera, or switch it off. */
async function showOwnCamera(shown) {
  const parts = () => ({ caption: captionOf("own-"), history: new History(byId("own-history-words")) });
  if (shown) ownCamera ??= import("./own-camera.js").then(
    (module) => new module.OwnCamera(parts()),
    () => (ownCamera = undefined),
  );
  else (await ownCamera)?.leave();
}

/** Show the dictionary or stop its movements. */
async function showDictionary(shown) {
  if (shown) dictionary ??= import("./dictionary.js").then(
    (module) => new module.Dictionary(),
    () => (dictionary = undefined),
  );
  (await dictionary)?.show(shown);
}

async function showTeach(shown) {
  const load = () => import("./teach.js").then((module) => module.openTeach(), () => null);
  if (shown) teach ??= load().then((one) => one ?? (teach = undefined));
  const one = await teach;
  const isHere = one && !byId("teach-page").hidden;
  // Who teaches sees the same view of the camera there.
  if (isHere) placeView(byId("teach-view"));
  else if (byId("teach-view")?.contains(byId("view"))) placeView(null);
  if (isHere) one.open(states);
}

async function showDoctor() {
  const load = () => import("./doctor.js").then((module) => module.openDoctor(), () => null);
  if (byId("doctor").open) doctor ??= load().then((one) => one ?? (doctor = undefined));
  if (lastCheck) (await doctor)?.show(lastCheck);
}

async function showSettings(shown) {
  const showView = (place) => {
    placeView(place);
    view.onScreen = Boolean(place) || shownPage() === "device";
  };
  const load = () => import("./setup.js").then((module) => module.openSetup({ isWizard: false, showView }), () => null);
  if (shown) settings ??= load().then((one) => one ?? (settings = undefined));
  const one = await settings;
  if (!one) return;
  one.show(settingsStates);
  one.open(!byId("settings-page").hidden);
}

function showSettingsStates(changed) {
  Object.assign(settingsStates, changed);
  settings?.then((one) => one?.show(changed));
}

/** Move the view of the camera to where it is seen now, or back. */
function placeView(wanted) {
  const place = wanted ?? byId("state").parentElement;
  if (byId("view").parentElement !== place) place.prepend(byId("view"));
}

function captionOf(prefix) {
  const names = ["word", "english", "facts", "confidence", "at", "unsure", "announced", "hint"];
  return new Caption(Object.fromEntries(names.map((name) => [name, byId(prefix + name)])));
}

function updateLanguageButton() {
  const button = byId("language");
  const arabicNow = language.current() === "ar";
  button.lang = arabicNow ? "en" : "ar";
  button.textContent = arabicNow ? "English" : "العربية";
}

function updateTitle() {
  const name = [language.text("name"), deviceName].filter(Boolean).join(" ");
  document.title = latest?.word ? `${latest.word} · ${name}` : name;
}
