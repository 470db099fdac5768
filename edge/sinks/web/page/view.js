/** What the device's camera sees, fetched only while somebody can see it here. */
import { put, text } from "./language.js";
import { keep, kept } from "./kept.js";
import { drawSkeleton } from "./skeleton.js";
import { SteadySocket } from "./steady-socket.js";
import { skeletonColours } from "./theme.js";

const KEY = "ishara.view";
const ALLOWED = { picture: ["picture", "skeleton", "none"], skeleton: ["skeleton", "none"], off: [] };
const REFUSED = 4403; // more than the device allows by now; it told so, and will be asked anew
const STALE_MS = 3_000;
const ASPECT = 0.75; // until the camera tells its own

/** The view's canvas, the note in its place, and the choice of what is shown. */
export class View {
  #canvas;
  #note;
  #choice;
  #allowed = [];
  #socket = null;
  #watched = null;
  #onScreen = true;
  #paused = false;
  #emptied;
  #drawing = false;
  #waiting = null;
  #last = null;

  constructor({ canvas, note, choice }) {
    this.#canvas = canvas;
    this.#note = note;
    this.#choice = choice;
    choice.addEventListener("change", () => {
      keep(KEY, this.#chosen());
      this.#watch();
    });
    document.addEventListener("visibilitychange", () => this.#watch());
    new ResizeObserver(() => this.#draw()).observe(canvas);
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Offer what the device allows: "picture", "skeleton" or "off". */
  allow(most) {
    this.#allowed = ALLOWED[most];
    for (const radio of this.#choice.querySelectorAll("input")) {
      radio.closest("label").hidden = !this.#allowed.includes(radio.value);
      // Whoever has not chosen sees the skeleton: whom the camera shows was not asked.
      radio.checked = radio.value === (kept(KEY, this.#allowed) ?? "skeleton");
    }
    this.#choice.hidden = this.#allowed.length === 0;
    this.#watch();
  }

  /** Whether the page that holds it is the one shown. */
  set onScreen(onScreen) {
    this.#onScreen = onScreen;
    this.#watch();
  }

  /** Whether the device is paused, which is then why there is no picture. */
  set paused(paused) {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (!this.#last) this.#explain();
  }

  #chosen() {
    return this.#choice.querySelector("input:checked")?.value ?? "none";
  }

  #watch() {
    const chosen = this.#allowed.length ? this.#chosen() : "none";
    const wanted = this.#onScreen && !document.hidden && chosen !== "none" ? chosen : null;
    if (wanted !== this.#watched) {
      this.#watched = wanted;
      this.#socket?.close();
      this.#socket = wanted && this.#open(wanted);
      this.#empty();
    }
    this.#explain();
  }

  #open(wanted) {
    return new SteadySocket(`api/view?with=${wanted}`, { message: (data) => this.#take(data) }, (code) => code === REFUSED);
  }

  /** Decode the newest view; those that come while a picture is decoded replace each other. */
  async #take(data) {
    this.#waiting = data;
    if (this.#drawing) return;
    this.#drawing = true;
    while (this.#waiting) {
      const newest = this.#waiting;
      this.#waiting = null;
      const view = await decoded(newest);
      if (!this.#watched) break;
      this.#last?.picture?.close();
      this.#last = view;
      this.#draw();
      this.#explain();
      clearTimeout(this.#emptied);
      this.#emptied = setTimeout(() => this.#empty(), STALE_MS);
    }
    this.#drawing = false;
  }

  #empty() {
    clearTimeout(this.#emptied);
    this.#last?.picture?.close();
    this.#last = null;
    this.#draw();
    this.#explain();
  }

  #explain() {
    const label = this.#chosen() === "picture" ? "view-picture-label" : "view-skeleton-label";
    this.#canvas.dataset.label = label;
    this.#canvas.setAttribute("aria-label", text(label));
    const isBlank = this.#last !== null && !this.#last.picture && this.#last.joints.every((joint) => joint === null);
    this.#note.hidden = this.#last !== null && !isBlank;
    if (isBlank) put(this.#note, "view-nobody");
    else if (!this.#allowed.length) put(this.#note, "view-forbidden");
    else if (this.#chosen() === "none") put(this.#note, "view-hidden");
    else put(this.#note, this.#paused ? "view-paused" : "view-waiting");
  }

  #draw() {
    const canvas = this.#canvas;
    const view = this.#last;
    if (view) canvas.style.aspectRatio = `1 / ${view.aspect}`;
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!width) return;
    const height = Math.round(width * (view?.aspect ?? ASPECT));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (!view) return;
    if (view.picture) context.drawImage(view.picture, 0, 0, width, height);
    drawSkeleton(context, view.joints, width, skeletonColours({ overPicture: Boolean(view.picture) }));
  }
}

/** A view as it comes: the length of the JSON in four bytes, the JSON, and a JPEG or nothing. */
async function decoded(data) {
  const length = new DataView(data).getUint32(0);
  const view = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const jpeg = data.slice(4 + length);
  return { ...view, picture: jpeg.byteLength ? await pictureOf(jpeg) : null };
}

async function pictureOf(jpeg) {
  try {
    return await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  } catch (error) {
    if (error instanceof DOMException) return null; // a damaged picture; the next one comes at once
    throw error;
  }
}
