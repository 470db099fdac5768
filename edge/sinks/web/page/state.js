/** How the device is doing, in words: camera, speed, model, broker, screen, and all figures for who wants them. */
import { knows, put, putPlain } from "./language.js";

const byId = (id) => document.getElementById(id);

/** Shows health; `about` is what the device told of itself, or null. */
export class State {
  #about = null;
  #health = null;

  /** What the device tells of itself: how many signs its model knows. */
  introduce(about) {
    this.#about = about;
    if (this.#health) this.show(this.#health);
  }

  /** Show the newest health. */
  show(health) {
    this.#health = health;
    byId("state-stale").hidden = true;
    byId("state").classList.remove("stale");
    showPart("camera", health, ["camera-well"]);
    showPart("broker", health, ["broker-well"], waiting(health));
    showPart("screen", health, ["screen-well"]);
    this.#showSpeed(health);
    this.#showModel(health);
    showNotices(noticesOf(health));
    showFigures(health);
  }

  /** What is shown may be so no more. */
  grownOld() {
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
    fill("speed", lost || health.rate === "hot" ? "wrong" : "well", ["speed-is", { n: health.frames_per_s }], slow);
  }

  #showModel(health) {
    const known = this.#about?.signs ? [["model-signs", { n: this.#about.signs }]] : [];
    const state = health.model_state;
    const name = health.model ?? this.#about?.model;
    if (state === null || state === "proven") {
      return fill("model", "well", name, [...(state ? [["model-proven"]] : []), ...known]);
    }
    if (state === "on probation") return fill("model", "unsure", name, [["model-on-probation"], ...known]);
    fill("model", "wrong", name, [["model-rolled-back"], state]);
  }
}

/** A part that is well, absent, or in a trouble that the device tells of in a sentence. */
function showPart(part, health, well, more = []) {
  const trouble = health.faults[part];
  if (trouble) fill(part, "wrong", [`${part}-trouble`], [trouble, ...more]);
  // The camera is always there; the others only where they are configured.
  else if (part !== "camera" && !health.parts.includes(part)) fill(part, "off", [`${part}-absent`]);
  else fill(part, part === "camera" && health.paused ? "off" : "well", well, more);
}

function waiting(health) {
  const told = [];
  if (health.words_waiting) told.push(["broker-waiting", { n: health.words_waiting }]);
  if (health.words_dropped) told.push(["broker-dropped", { n: health.words_dropped }]);
  return told;
}

/** Fill a row: each text is [name, values] or, as the device wrote it, a plain string. */
function fill(part, how, main, more = []) {
  const row = byId(`part-${part}`);
  row.dataset.how = how;
  const place = row.querySelector("dd");
  say(place.querySelector(".how"), main);
  const lines = [...place.querySelectorAll(".more")];
  while (lines.length < more.length) {
    const line = document.createElement("span");
    line.className = "more";
    place.append(line);
    lines.push(line);
  }
  lines.splice(more.length).forEach((line) => line.remove());
  lines.forEach((line, number) => say(line, more[number]));
}

function say(element, said) {
  if (Array.isArray(said)) {
    element.removeAttribute("lang");
    element.removeAttribute("dir");
    return put(element, ...said);
  }
  element.lang = "en"; // the device's own sentences and names
  element.dir = "ltr";
  putPlain(element, said ?? "");
}

/** What staff must know at once, as on the device's own screen. */
function noticesOf(health) {
  const names = ["camera", "broker"].filter((part) => part in health.faults);
  return [...(health.paused ? ["paused"] : []), ...names].map((name) => `notice-${name}`);
}

/** They stand over the captions; one that was there is left alone, for a screen reader would say it again. */
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
  rows(byId("figures"), figures, "div", ["dt", "dd"], ([name, value, more], [term, told]) => {
    put(term, name);
    put(told, ...(Array.isArray(value) ? value : ["number", { n: value }]));
    told.classList.toggle("wrong", Boolean(more));
  });
  rows(byId("stages"), Object.entries(health.stage_ms), "tr", ["th", "td", "td", "td"], ([stage, ms], cells) => {
    cells[0].scope = "row";
    if (knows(`stage-${stage}`)) put(cells[0], `stage-${stage}`);
    else putPlain(cells[0], stage);
    ["p50", "p95", "p99"].forEach((share, number) => put(cells[number + 1], "number", { n: ms[share] }));
  });
}

/** Keep as many rows as there are values, so that a screen reader's place in them stays. */
function rows(parent, values, tag, cells, write) {
  while (parent.children.length > values.length) parent.lastElementChild.remove();
  while (parent.children.length < values.length) {
    const row = document.createElement(tag);
    row.append(...cells.map((cell) => document.createElement(cell)));
    parent.append(row);
  }
  values.forEach((value, number) => write(value, [...parent.children[number].children]));
}
