/** The state of the device: camera, speed, model, broker, screen, speech, and all figures on request. */
import { has, put, putPlain } from "./language.js";

const byId = (id) => document.getElementById(id);

/** Shows the health of the device. */
export class State {
  #about = null;
  #health = null;

  /** Set the description of the device, which has the number of signs of its model. */
  setAbout(about) {
    this.#about = about;
    if (this.#health) this.show(this.#health);
  }

  /** Show the latest health. */
  show(health) {
    this.#health = health;
    byId("state-stale").hidden = true;
    byId("state").classList.remove("stale");
    showPart("camera", health, ["camera-ok"]);
    showPart("broker", health, ["broker-ok"], outboxLines(health));
    showPart("screen", health, ["screen-ok"]);
    showPart("speech", health, ["speech-ok"]);
    this.#showSpeed(health);
    this.#showModel(health);
    showNotices(noticesOf(health));
    showFigures(health);
  }

  /** Mark the shown state as outdated. */
  markStale() {
    showNotices(["notice-connection"]);
    if (!this.#health) return;
    put(byId("state-stale"), "state-stale", { at: new Date(this.#health.at) });
    byId("state-stale").hidden = false;
    byId("state").classList.add("stale");
  }

  #showSpeed(health) {
    if (health.paused) return fill("speed", "off", ["speed-paused"]);
    const slow = { idle: [["speed-idle"]], hot: [["speed-hot"]] }[health.rate] ?? [];
    const lost = "camera" in health.faults;
    fill("speed", lost || health.rate === "hot" ? "fault" : "ok", ["speed-is", { n: health.frames_per_s }], slow);
  }

  #showModel(health) {
    const known = this.#about?.signs ? [["model-signs", { n: this.#about.signs }]] : [];
    const state = health.model_state;
    const name = health.model ?? this.#about?.model;
    if (state === null || state === "proven") {
      return fill("model", "ok", name, [...(state ? [["model-proven"]] : []), ...known]);
    }
    if (state === "on probation") return fill("model", "warning", name, [["model-on-probation"], ...known]);
    fill("model", "fault", name, [["model-rolled-back"], ["state-fault", { sentence: state }]]);
  }
}

/** Show a component that works, is not configured, or has a fault, which the device describes in a sentence. */
function showPart(part, health, okText, more = []) {
  const fault = health.faults[part];
  if (fault) fill(part, "fault", [`${part}-fault`], [["state-fault", { sentence: fault }], ...more]);
  // The camera is always there; the others only where they are configured.
  else if (part !== "camera" && !health.components.includes(part)) fill(part, "off", [`${part}-absent`]);
  else fill(part, part === "camera" && health.paused ? "off" : "ok", okText, more);
}

function outboxLines(health) {
  const lines = [];
  if (health.words_waiting) lines.push(["broker-waiting", { n: health.words_waiting }]);
  if (health.words_dropped) lines.push(["broker-dropped", { n: health.words_dropped }]);
  return lines;
}

/** Fill a row: each text is [name, values] or a name of the device's own. */
function fill(part, level, main, more = []) {
  const row = byId(`part-${part}`);
  row.dataset.level = level;
  const cell = row.querySelector("dd");
  setText(cell.querySelector(".main-text"), main);
  const lines = [...cell.querySelectorAll(".more")];
  while (lines.length < more.length) {
    const line = document.createElement("span");
    line.className = "more";
    cell.append(line);
    lines.push(line);
  }
  lines.splice(more.length).forEach((line) => line.remove());
  lines.forEach((line, number) => setText(line, more[number]));
}

function setText(element, content) {
  if (Array.isArray(content)) {
    element.removeAttribute("lang");
    element.removeAttribute("dir");
    return put(element, ...content);
  }
  element.lang = "en"; // names of models
  element.dir = "ltr";
  putPlain(element, content ?? "");
}

/** Return the names of the notices that staff must see at once, as on the device's own screen. */
function noticesOf(health) {
  const names = [...(health.paused ? ["paused"] : []), ...["camera", "broker"].filter((part) => part in health.faults)];
  if (!names.length && health.obstacle) names.push(health.obstacle.replace(" ", "-"));
  return names.map((name) => `notice-${name}`);
}

/** Show the notices above the captions; an unchanged one is not written, since a screen reader would repeat it. */
function showNotices(notices) {
  byId("captions").classList.toggle("unready", notices.length > 0);
  const list = byId("notices");
  for (const item of [...list.children]) if (!notices.includes(item.dataset.text)) item.remove();
  let next = list.firstElementChild;
  for (const name of notices) {
    if (next?.dataset.text === name) {
      next = next.nextElementSibling;
      continue;
    }
    const item = document.createElement("li");
    put(item, name);
    list.insertBefore(item, next);
  }
}

function showFigures(health) {
  const minutes = Math.floor(health.up_s / 60);
  const clock = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  const throttled = health.throttled ? [["figure-throttled"]] : [];
  const figures = [
    ["figure-up", ["up-for", { clock }]],
    ["figure-words", health.words],
    ["figure-frames", health.frames],
    ["figure-dropped", health.dropped],
    ["figure-skipped", health.skipped],
    ["figure-temperature", health.temperature_c === null ? null : ["celsius", { n: health.temperature_c }], ...throttled],
    ["figure-memory", health.memory_mb === null ? null : ["megabytes", { n: health.memory_mb }]],
  ].filter(([, value]) => value !== null);
  rows(byId("figures"), figures, "div", ["dt", "dd"], ([name, value, more], [term, definition]) => {
    put(term, name);
    put(definition, ...(Array.isArray(value) ? value : ["number", { n: value }]));
    definition.classList.toggle("fault", Boolean(more));
  });
  rows(byId("stages"), Object.entries(health.stage_ms), "tr", ["th", "td", "td", "td"], ([stage, ms], cells) => {
    cells[0].scope = "row";
    if (has(`stage-${stage}`)) put(cells[0], `stage-${stage}`);
    else putPlain(cells[0], stage);
    ["p50", "p95", "p99"].forEach((share, number) => put(cells[number + 1], "number", { n: ms[share] }));
  });
}

/** Reuse the rows, and add or remove some, so that a screen reader keeps its position. */
function rows(parent, values, tag, cells, write) {
  while (parent.children.length > values.length) parent.lastElementChild.remove();
  while (parent.children.length < values.length) {
    const row = document.createElement(tag);
    row.append(...cells.map((cell) => document.createElement(cell)));
    parent.append(row);
  }
  values.forEach((value, number) => write(value, [...parent.children[number].children]));
}
