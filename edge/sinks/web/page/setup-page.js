/** The set-up page, which takes the place of the live page while the device has no settings. */
import { execute, fetchJson } from "./commands.js";
import { Events } from "./events.js";
import * as language from "./language.js";
import { openSetup } from "./setup.js";
import * as theme from "./theme.js";
import { View } from "./view.js";

const RETRY_MS = 2_000;
const UNAUTHORIZED = 401;
const PRESENT_EVERY_MS = 60_000; // the device's screen shows the code again when nobody has been here for three minutes
const byId = (id) => document.getElementById(id);

language.init();
theme.init();
theme.bindSelect(byId("theme"));

const view = new View({ canvas: byId("view-canvas"), note: byId("view-note"), choice: byId("view-choice"), preferred: "picture" });
view.onScreen = false;
let setup = null;
const states = {};

showConnection("connecting");
updateLanguageButton();
byId("language").addEventListener("click", () => {
  language.toggle();
  updateLanguageButton();
});

const show = (changed) => {
  Object.assign(states, changed);
  setup?.show(changed);
};
const ignore = () => {};
const events = new Events(
  {
    setup: (state) => show({ setup: state }),
    settings: (state) => show({ settings: state }),
    health: (health) => (view.paused = health.paused),
    connected() {
      showConnection("connected");
      setup?.reconnected();
    },
    lost: () => showConnection("connection-lost"),
    refused: check,
    events: ignore,
    reply: ignore,
    teaching: ignore,
    consent: ignore,
    doctor: ignore,
    clear: ignore,
    model: ignore,
  },
  { limit: 1 },
);

open();

async function open() {
  const about = await fetchJson("api/about");
  if (about) setup = await openSetup({ isWizard: true, showView });
  if (!setup) return setTimeout(open, RETRY_MS);
  byId("device-name").textContent = about.device;
  view.allow(about.view);
  setup.show(states);
  setup.open(true);
  setInterval(() => document.hidden || execute("settings", { action: "get" }), PRESENT_EVERY_MS);
}

/** Ask for the code again where the device does not know this browser any more. */
async function check() {
  const answer = await fetch("api/about").catch(() => null);
  if (answer?.status !== UNAUTHORIZED) return;
  events.close();
  showConnection("log-in-again");
  byId("log-in").hidden = false;
}

function showView(place) {
  (place ?? byId("view-place")).append(byId("view"));
  view.onScreen = Boolean(place);
}

function showConnection(name) {
  language.put(byId("connection-text"), name);
  byId("connection").dataset.state = name;
}

function updateLanguageButton() {
  const button = byId("language");
  const arabicNow = language.current() === "ar";
  button.lang = arabicNow ? "en" : "ar";
  button.textContent = arabicNow ? "English" : "العربية";
}
