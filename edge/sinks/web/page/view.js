/** The view of the device's camera, fetched only while it is visible on the page. */
import { put, text } from "./language.js";
import { loadPreference, savePreference } from "./preferences.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { drawRegion, drawSkeleton } from "./skeleton.js";
import { skeletonColours } from "./theme.js";

const KEY = "ishara.view";
const ALLOWED = { picture: ["picture", "skeleton", "none"], skeleton: ["skeleton", "none"], off: [] };
const REFUSED = 4403; // the device now allows less; `allow` is called with the new limit when it reconnects
const STALE_MS = 3_000;
const ASPECT = 0.75; // until the first view

/** Manages the canvas of the view, the note in its place, and the choice of what is shown. */
export class View {
  #canvas;
  #note;
  #choice;
  #allowed = [];
  #socket = null;
  #level = null;
  #onScreen = true;
  #paused = false;
  #staleTimer;
  #drawing = false;
  #pending = null;
  #view = null;
  #preferred;

  /** `preferred` is the level that is shown until somebody chooses. */
  constructor({ canvas, note, choice, preferred = "skeleton" }) {
    this.#preferred = preferred;
    this.#canvas = canvas;
    this.#note = note;
    this.#choice = choice;
    choice.addEventListener("change", () => {
      savePreference(KEY, this.#chosen());
      this.#update();
    });
    document.addEventListener("visibilitychange", () => this.#update());
    new ResizeObserver(() => this.#draw()).observe(canvas);
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Offer the levels up to the highest that the device allows: "picture", "skeleton" or "off". */
  allow(highest) {
    this.#allowed = ALLOWED[highest];
    for (const radio of this.#choice.querySelectorAll("input")) {
      radio.closest("label").hidden = !this.#allowed.includes(radio.value);
      // The default is the skeleton, since the people in front of the camera were not asked.
      radio.checked = radio.value === (loadPreference(KEY, this.#allowed) ?? this.#preferred);
    }
    this.#choice.hidden = this.#allowed.length === 0;
    this.#update();
  }

  /** Set whether the page with the view is shown. */
  set onScreen(onScreen) {
    this.#onScreen = onScreen;
    this.#update();
  }

  /** Set whether the device is paused, which the note then gives as the reason. */
  set paused(paused) {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (!this.#view) this.#updateNote();
  }

  #chosen() {
    return this.#choice.querySelector("input:checked")?.value ?? "none";
  }

  #update() {
    const chosen = this.#allowed.length ? this.#chosen() : "none";
    const wanted = this.#onScreen && !document.hidden && chosen !== "none" ? chosen : null;
    if (wanted !== this.#level) {
      this.#level = wanted;
      this.#socket?.close();
      this.#socket = wanted && this.#open(wanted);
      this.#reset();
    }
    this.#updateNote();
  }

  #open(wanted) {
    return new ReconnectingSocket(`api/view?with=${wanted}`, { message: (data) => this.#receive(data) }, (code) => code === REFUSED);
  }

  /** Decode the latest view; views received while a picture is decoded replace each other. */
  async #receive(data) {
    this.#pending = data;
    if (this.#drawing) return;
    this.#drawing = true;
    while (this.#pending) {
      const latest = this.#pending;
      this.#pending = null;
      const view = await decode(latest);
      if (!this.#level) break;
      this.#view?.picture?.close();
      this.#view = view;
      this.#draw();
      this.#updateNote();
      clearTimeout(this.#staleTimer);
      this.#staleTimer = setTimeout(() => this.#reset(), STALE_MS);
    }
    this.#drawing = false;
  }

  #reset() {
    clearTimeout(this.#staleTimer);
    this.#view?.picture?.close();
    this.#view = null;
    this.#draw();
    this.#updateNote();
  }

  #updateNote() {
    const label = this.#chosen() === "picture" ? "view-picture-label" : "view-skeleton-label";
    this.#canvas.dataset.label = label;
    this.#canvas.setAttribute("aria-label", text(label));
    const isBlank = this.#view !== null && !this.#view.picture && this.#view.joints.every((joint) => joint === null);
    this.#note.hidden = this.#view !== null && !isBlank;
    if (isBlank) put(this.#note, "view-nobody");
    else if (!this.#allowed.length) put(this.#note, "view-forbidden");
    else if (this.#chosen() === "none") put(this.#note, "view-hidden");
    else put(this.#note, this.#paused ? "view-paused" : "view-waiting");
  }

  #draw() {
    const canvas = this.#canvas;
    const view = this.#view;
    if (view) canvas.style.aspectRatio = `1 / ${view.aspect}`;
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!width) return;
    const height = Math.round(width * (view?.aspect ?? ASPECT));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (!view) return;
    const colours = skeletonColours({ overPicture: Boolean(view.picture) });
    if (view.picture) context.drawImage(view.picture, 0, 0, width, height);
    drawSkeleton(context, view.joints, width, colours);
    if (view.picture) drawRegion(context, view.joints, width, colours);
  }
}

/** Decode a view: the length of the JSON in four bytes, the JSON, and a JPEG or nothing. */
async function decode(data) {
  const length = new DataView(data).getUint32(0);
  const view = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const jpeg = data.slice(4 + length);
  return { ...view, picture: jpeg.byteLength ? await decodePicture(jpeg) : null };
}

async function decodePicture(jpeg) {
  try {
    return await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  } catch (error) {
    if (error instanceof DOMException) return null; // a damaged picture; the next one follows at once
    throw error;
  }
}
