/**
 * A visitor's own camera: its pictures are sent to the device, which answers with joints and words.
 *
 * The protocol is the research project's: one byte (1: send the landmarks back) and a JPEG; answers are JSON. With the
 * parameters `joints` and `words` the device answers with the joints of a skeleton, and with whole word events.
 */
import { put, putPlain } from "./language.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { drawRegion, drawSkeleton, LEFT_HAND, RIGHT_HAND } from "./skeleton.js";
import { skeletonColours } from "./theme.js";

const PATH = "live-signs?joints=1&words=1";
const PICTURE_EVERY_MS = 83; // about 12 a second
const MAX_WIDTH = 640;
const MAX_HEIGHT = 480;
const QUALITY = 0.8;
const WITH_LANDMARKS = new Uint8Array([1]);
const MAX_IN_FLIGHT = 2; // one is processed while the next is on its way
const LOST_AFTER_MS = 1_000; // a picture that a later one has replaced gets no answer
const RATE_WINDOW_MS = 2_000;
// The close codes are those of edge/sinks/web/visitors/visitor_session.py. The code for an idle session is not final: a
// machine that slept reconnects.
const FULL = 1013;
const TURN_OVER = 4409;
const FINAL = [1003, 1009, 1011, FULL, 4403, TURN_OVER];

const byId = (id) => document.getElementById(id);

/** Controls the page of the own camera, with a caption and a history of its own. */
export class OwnCamera {
  #caption;
  #history;
  #stream = null;
  #socket = null;
  #sendTimer;
  #sentAt = [];
  #answeredAt = [];

  constructor({ caption, history }) {
    this.#caption = caption;
    this.#history = history;
    byId("own-start").addEventListener("click", () => this.#start());
    byId("own-stop").addEventListener("click", () => this.leave());
    // A page that is not visible must not film anybody.
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pagehide", () => this.leave());
    byId("own-start").disabled = false; // a click before this module is loaded would be lost
  }

  /** Switch the camera off, if it is on. */
  leave() {
    if (this.#stream) this.#stop("own-stopped");
  }

  async #start() {
    if (!navigator.mediaDevices?.getUserMedia) return showStatus("own-insecure");
    showStatus("own-asking");
    byId("own-start").disabled = true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: MAX_WIDTH }, height: { ideal: MAX_HEIGHT }, facingMode: "user" },
        audio: false,
      });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return showStatus(failure(error));
    } finally {
      byId("own-start").disabled = false;
    }
    this.#stream.getVideoTracks()[0].addEventListener("ended", () => this.#stop("own-ended"));
    if (byId("own-page").hidden || document.hidden) return this.leave(); // the visitor left while the browser asked for permission
    await this.#run();
  }

  async #run() {
    this.#caption.clear();
    this.#history.clear();
    this.#resetTimes();
    showRunning(true);
    showStatus("own-connecting");
    const video = byId("own-video");
    video.srcObject = this.#stream;
    const handlers = {
      open: () => showStatus("own-preparing"),
      message: (data) => this.#receive(JSON.parse(data)),
      lost: (code, reason) => this.#handleLoss(code, reason),
    };
    this.#socket = new ReconnectingSocket(PATH, handlers, (code) => FINAL.includes(code));
    this.#sendTimer = setInterval(() => this.#send(), PICTURE_EVERY_MS);
    await video.play().catch((error) => {
      if (error.name !== "AbortError") throw error; // stopped before it started
    });
  }

  #stop(status, inserted) {
    clearInterval(this.#sendTimer);
    this.#socket?.close();
    this.#socket = null;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    byId("own-video").srcObject = null;
    clear(byId("own-canvas"));
    putPlain(byId("own-rate"), "");
    const hadFocus = document.activeElement === byId("own-stop");
    showRunning(false);
    if (hadFocus) byId("own-start").focus();
    showStatus(status, inserted);
  }

  #handleLoss(code, reason) {
    this.#resetTimes();
    clear(byId("own-canvas"));
    putPlain(byId("own-rate"), "");
    if (code === FULL) return this.#stop("own-full");
    if (code === TURN_OVER) return this.#stop("own-turn-over");
    if (FINAL.includes(code)) return this.#stop("own-closed", { reason });
    showStatus("own-lost");
  }

  /** Send the current picture, unless earlier ones are still on their way or in processing. */
  async #send() {
    const now = performance.now();
    this.#sentAt = this.#sentAt.filter((at) => now - at < LOST_AFTER_MS);
    const video = byId("own-video");
    if (!this.#socket?.isFree || this.#sentAt.length >= MAX_IN_FLIGHT || !video.videoWidth) return;
    this.#sentAt.push(now);
    const jpeg = await encodeJpeg(video);
    if (this.#socket?.isFree) this.#socket.send(new Blob([WITH_LANDMARKS, jpeg]));
  }

  #receive(answer) {
    if (answer.joints) this.#showJoints(answer);
    if (answer.word) this.#showWord(answer.word);
    if (answer.status === "idle") showStatus("own-idle");
    if (answer.error) showStatus("own-error", { reason: answer.error });
  }

  #showJoints({ joints }) {
    const now = performance.now();
    const sent = this.#sentAt.shift();
    this.#answeredAt = [...this.#answeredAt.filter((at) => now - at < RATE_WINDOW_MS), now];
    const canvas = byId("own-canvas");
    [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
    const colours = skeletonColours({ overPicture: true });
    drawSkeleton(canvas.getContext("2d"), joints, canvas.width, colours);
    drawRegion(canvas.getContext("2d"), joints, canvas.width, colours);
    if (joints[LEFT_HAND] || joints[RIGHT_HAND]) showStatus("own-seen");
    else if (byId("own-status").dataset.text !== "own-idle") showStatus("own-looking");
    if (sent !== undefined) {
      const rate = (1000 * this.#answeredAt.length) / RATE_WINDOW_MS;
      put(byId("own-rate"), "own-rate", { n: rate, ms: Math.round(now - sent) });
    }
  }

  #showWord(word) {
    this.#caption.show(word, { isNew: true });
    this.#history.add(word);
  }

  #resetTimes() {
    this.#sentAt = [];
    this.#answeredAt = [];
  }
}

let canvasForJpeg;

function encodeJpeg(video) {
  const scale = Math.min(1, MAX_WIDTH / video.videoWidth, MAX_HEIGHT / video.videoHeight);
  canvasForJpeg ??= document.createElement("canvas");
  [canvasForJpeg.width, canvasForJpeg.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  canvasForJpeg.getContext("2d", { alpha: false }).drawImage(video, 0, 0, canvasForJpeg.width, canvasForJpeg.height);
  return new Promise((resolve) => canvasForJpeg.toBlob(resolve, "image/jpeg", QUALITY));
}

function failure(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "own-refused";
  return error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "own-absent" : "own-busy";
}

function showStatus(name, inserted) {
  put(byId("own-status"), name, inserted);
}

function showRunning(running) {
  byId("own-consent").hidden = running;
  byId("own-viewport").hidden = !running;
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
