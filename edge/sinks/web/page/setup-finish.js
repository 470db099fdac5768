/** The last steps: of set-up, which saves all of it, and of the settings, which lists their changes and undoes one. */
import { element } from "./history.js";
import { put, putPlain } from "./language.js";

const RETRY_MS = 1_000;
const TRIES = 60;
const LABELS = {
  device: "setup-name",
  "camera.source": "camera",
  "captions.theme": "theme",
  "captions.text_size": "setup-text-size",
  "captions.english": "setup-english",
  "captions.preview": "setup-preview",
  "mqtt.host": "broker",
  "mqtt.port": "setup-port",
  "mqtt.tls": "setup-tls",
  "mqtt.username": "setup-username",
  "mqtt.password_file": "setup-password",
  "web.token_file": "setup-token",
  "web.view": "setup-page-view",
};
const VIEWS = { skeleton: "view-skeleton", picture: "view-picture", off: "view-none" };
const VALUES = {
  "captions.theme": { dark: "theme-dark", light: "theme-light", contrast: "theme-contrast" },
  "captions.text_size": { 0.8: "setup-small", 1: "setup-normal", 1.25: "setup-large" },
  "captions.preview": VIEWS,
  "web.view": VIEWS,
};
const SECRET = /(_file|token|password)$/;

const byId = (id) => document.getElementById(id);

/** Shows all that will be saved, saves it, and opens the page that follows. */
export class FinishStep {
  name = "finish";
  #context;

  constructor(context) {
    this.#context = context;
    byId("setup-finish").addEventListener("click", () => this.#finish());
  }

  async enter() {
    const { settings } = this.#context;
    const hasToken = settings.report.secrets["web.token"];
    byId("setup-missing").hidden = hasToken;
    byId("setup-finish").disabled = !hasToken;
    if (!hasToken) {
      const link = Object.assign(element("a"), { href: "#settings-page" });
      put(link, "setup-no-token");
      const item = element("li");
      item.append(link);
      byId("setup-missing").replaceChildren(item);
    }
    const { ok, content, error } = await settings.ask({ action: "preview" });
    if (!ok) return put(byId("setup-error"), "setup-refused", { why: error });
    showChanges(byId("setup-changes"), content.changes);
    putPlain(byId("setup-difference"), content.difference);
  }

  async #finish() {
    const button = byId("setup-finish");
    button.disabled = true;
    put(byId("setup-status"), "setup-finishing");
    const { ok, error } = await this.#context.settings.ask({ action: "finish" });
    if (!ok) {
      button.disabled = false;
      putPlain(byId("setup-status"), "");
      return put(byId("setup-error"), "setup-refused", { why: error });
    }
    const address = new URL("live-signs", location.href).href;
    put(byId("setup-new-address"), "setup-finished", { address });
    await this.#logIn();
    location.replace("live-signs");
  }

  /** Show the token to the page that follows, once the device serves it: the code has no use any more. */
  async #logIn() {
    const { token } = this.#context.settings;
    for (let left = TRIES; left > 0; left--) {
      await new Promise((resume) => setTimeout(resume, RETRY_MS));
      const body = new URLSearchParams({ username: "ishara", token: token ?? "" });
      const request = token ? fetch("login", { method: "POST", body }) : fetch("live-signs");
      const answer = await request.catch(() => null);
      if (answer && (token ? answer.ok && answer.url.endsWith("live-signs") : answer.status === 401)) return;
    }
  }
}

/** Lists the latest changes, and undoes the last one. */
export class VersionsStep {
  name = "versions";
  #context;

  constructor(context) {
    this.#context = context;
    byId("setup-undo").addEventListener("click", () => context.act("undo"));
  }

  async enter() {
    const { settings } = this.#context;
    const { ok, content } = await settings.ask({ action: "versions" });
    const versions = ok ? content.versions : [];
    byId("setup-no-versions").hidden = versions.length > 0;
    byId("setup-undo").hidden = !versions.length || Boolean(settings.report.read_only);
    byId("setup-versions").replaceChildren(...versions.map(versionOf));
  }
}

function versionOf({ at, by, changes }) {
  const item = element("li");
  const title = element("p", "quiet");
  put(title, `setup-version-${by.replace(" ", "-")}`, { at: new Date(at) });
  const list = element("dl", "changes");
  showChanges(list, changes);
  item.append(title, list);
  return item;
}

/** Show changes, each key with its old and its new value. */
export function showChanges(list, changes) {
  list.replaceChildren(
    ...changes.map(({ key, old, new: now }) => {
      const [row, name, value] = [element("div"), element("dt"), element("dd")];
      name.append(key in LABELS ? labelled(element("span"), LABELS[key]) : plainly("span", key));
      if (old !== null && !SECRET.test(key)) value.append(shown("del", key, old), " ");
      if (now === null) value.append(labelled(element("span"), "setup-none"));
      else value.append(SECRET.test(key) ? labelled(element("span"), "setup-secret") : shown("span", key, now));
      row.append(name, value);
      return row;
    }),
  );
}

function labelled(target, name) {
  put(target, name);
  return target;
}

/** Return an element with a value, in words if the steps have a text for it. */
function shown(tag, key, value) {
  const name = VALUES[key]?.[value] ?? (typeof value === "boolean" ? `setup-${value}` : "");
  if (name) return labelled(element(tag), name);
  return plainly(tag, typeof value === "object" ? JSON.stringify(value) : String(value));
}

function plainly(tag, content) {
  return Object.assign(element(tag), { textContent: content, dir: "ltr" });
}
