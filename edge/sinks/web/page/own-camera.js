/**
 * A visitor's own camera: its pictures go to the device and come back as a skeleton and words.
 *
 * The protocol is the reference project's: one byte (1: send back what was found) and a JPEG; answers are JSON. Asked
 * with `joints` and `words` the device answers with the skeleton that the captions have, and with whole word events.
 */
import { put, putPlain } from "./language.js";
import { drawSkeleton, LEFT_HAND, RIGHT_HAND } from "./skeleton.js";
import { SteadySocket } from "./steady-socket.js";
import { skeletonColours } from "./theme.js";

const PATH = "live-signs?joints=1&words=1";
const PICTURE_EVERY_MS = 83; // about 12 a second
const WIDEST = 640;
const HIGHEST = 480;
const QUALITY = 0.8;
const SEND_BACK = new Uint8Array([1]);
const IN_FLIGHT = 2; // one is read while the next travels
const LOST_AFTER_MS = 1_000; // a picture that a newer one replaced on the way gets no answer
const PACE_OVER_MS = 2_000;
// Why the device ends a visit: edge/sinks/web/visitors/visitor_session.py. It closes as silent what a sleeping machine left open.
const FULL = 1013;
const FINAL = [1003, 1009, 1011, FULL, 4403];

const byId = (id) => document.getElementById(id);

/** The page of the own camera: words go to a caption and a history of its own. */
export class OwnCamera {
  #caption;
  #history;
  #stream = null;
  #socket = null;
  #pacer;
  #sentAt = [];
  #answeredAt = [];

  constructor({ caption, history }) {
    this.#caption = caption;
    this.#history = history;
    byId("own-start").addEventListener("click", () => this.#start());
    byId("own-stop").addEventListener("click", () => this.leave());
    // Nobody means to be filmed by a page that they do not see.
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pagehide", () => this.leave());
  }

  /** Switch the camera off, if it is on. */
  leave() {
    if (this.#stream) this.#stop("own-stopped");
  }

  async #start() {
    if (!navigator.mediaDevices?.getUserMedia) return tell("own-insecure");
    tell("own-asking");
    byId("own-start").disabled = true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: WIDEST }, height: { ideal: HIGHEST }, facingMode: "user" },
        audio: false,
      });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return tell(trouble(error));
    } finally {
      byId("own-start").disabled = false;
    }
    this.#stream.getVideoTracks()[0].addEventListener("ended", () => this.#stop("own-ended"));
    if (byId("own-page").hidden || document.hidden) return this.leave(); // they went away while they were asked
    await this.#begin();
  }

  async #begin() {
    this.#caption.clear();
    this.#history.clear();
    this.#forgetPictures();
    showRunning(true);
    tell("own-connecting");
    const video = byId("own-video");
    video.srcObject = this.#stream;
    const told = {
      open: () => tell("own-preparing"),
      message: (data) => this.#hear(JSON.parse(data)),
      lost: (code, reason) => this.#lose(code, reason),
    };
    this.#socket = new SteadySocket(PATH, told, (code) => FINAL.includes(code));
    this.#pacer = setInterval(() => this.#send(), PICTURE_EVERY_MS);
    await video.play().catch((error) => {
      if (error.name !== "AbortError") throw error; // stopped before it began
    });
  }

  #stop(why, inserted) {
    clearInterval(this.#pacer);
    this.#socket?.close();
    this.#socket = null;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    byId("own-video").srcObject = null;
    clear(byId("own-canvas"));
    putPlain(byId("own-pace"), "");
    const hadFocus = document.activeElement === byId("own-stop");
    showRunning(false);
    if (hadFocus) byId("own-start").focus();
    tell(why, inserted);
  }

  #lose(code, reason) {
    this.#forgetPictures();
    clear(byId("own-canvas"));
    putPlain(byId("own-pace"), "");
    if (code === FULL) return this.#stop("own-full");
    if (FINAL.includes(code)) return this.#stop("own-closed", { reason });
    tell("own-lost");
  }

  /** Send the newest picture, unless those before it are still on their way or being read. */
  async #send() {
    const now = performance.now();
    this.#sentAt = this.#sentAt.filter((at) => now - at < LOST_AFTER_MS);
    const video = byId("own-video");
    if (!this.#socket?.isFree || this.#sentAt.length >= IN_FLIGHT || !video.videoWidth) return;
    this.#sentAt.push(now);
    const jpeg = await pictureOf(video);
    if (this.#socket?.isFree) this.#socket.send(new Blob([SEND_BACK, jpeg]));
  }

  #hear(answer) {
    if (answer.joints) this.#show(answer);
    if (answer.word) this.#say(answer.word);
    if (answer.status === "idle") tell("own-idle");
    if (answer.error) tell("own-error", { reason: answer.error });
  }

  #show({ joints }) {
    const now = performance.now();
    const sent = this.#sentAt.shift();
    this.#answeredAt = [...this.#answeredAt.filter((at) => now - at < PACE_OVER_MS), now];
    const canvas = byId("own-canvas");
    [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
    drawSkeleton(canvas.getContext("2d"), joints, canvas.width, skeletonColours({ overPicture: true }));
    if (joints[LEFT_HAND] || joints[RIGHT_HAND]) tell("own-seen");
    else if (byId("own-told").dataset.text !== "own-idle") tell("own-looking");
    if (sent !== undefined) {
      const pace = (1000 * this.#answeredAt.length) / PACE_OVER_MS;
      put(byId("own-pace"), "own-pace", { n: pace, ms: Math.round(now - sent) });
    }
  }

  #say(word) {
    this.#caption.show(word, { isNew: true });
    this.#history.add(word);
  }

  #forgetPictures() {
    this.#sentAt = [];
    this.#answeredAt = [];
  }
}

let easel;

function pictureOf(video) {
  const scale = Math.min(1, WIDEST / video.videoWidth, HIGHEST / video.videoHeight);
  easel ??= document.createElement("canvas");
  [easel.width, easel.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  easel.getContext("2d", { alpha: false }).drawImage(video, 0, 0, easel.width, easel.height);
  return new Promise((resolve) => easel.toBlob(resolve, "image/jpeg", QUALITY));
}

function trouble(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "own-refused";
  return error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "own-absent" : "own-busy";
}

function tell(name, inserted) {
  put(byId("own-told"), name, inserted);
}

function showRunning(running) {
  byId("own-consent").hidden = running;
  byId("own-glass").hidden = !running;
  byId("own-start").hidden = running;
  byId("own-stop").hidden = !running;
  if (running) {
    byId("own-words").hidden = false;
    byId("own-stop").focus();
  }
}

function clear(canvas) {
  canvas.width = canvas.clientWidth;
}
