/**
 * A visitor's own camera: its pictures go to the device and come back as landmarks and words.
 *
 * The protocol is the reference project's: one byte (1: send landmarks back) and a JPEG; answers are JSON.
 */
import { Caption } from "./caption.js";
import { put, putPlain } from "./language.js";
import { drawSkeleton, JOINTS, LEFT_HAND, POSE, RIGHT_HAND } from "./skeleton.js";
import { SteadySocket } from "./steady-socket.js";
import { skeletonColours } from "./theme.js";

const PICTURE_EVERY_MS = 83; // about 12 a second
const WIDEST = 640;
const HIGHEST = 480;
const QUALITY = 0.8;
const LANDMARKS_BACK = new Uint8Array([1]);
const IN_FLIGHT = 2; // one is read while the next travels
const LOST_AFTER_MS = 1_000; // a picture that a newer one replaced on the way gets no answer
const WORDS_KEPT = 12;
const TRY_AGAIN_LATER = 1013; // https://www.iana.org/assignments/websocket/websocket.xhtml
const POLICY = 1008;

// The reference's 184 points: pose 6 (shoulders, elbows, wrists; left first), face 136, right hand 21, left hand 21.
const THEIR_POSE = 0;
const THEIR_FACE = 6;
const THEIR_RIGHT_HAND = 142;
const THEIR_LEFT_HAND = 163;
const FIRST_SHOULDER = 11; // where these 6 stand in MediaPipe's pose

const byId = (id) => document.getElementById(id);

/** The page of the own camera. */
export class OwnCamera {
  #caption;
  #stream = null;
  #socket = null;
  #pacer;
  #sentAt = [];
  #answered = [];
  #words = [];

  constructor(deviceName) {
    put(byId("own-how"), "own-how", { device: deviceName });
    this.#caption = new Caption({
      word: byId("own-word"),
      english: byId("own-english"),
      facts: byId("own-facts"),
      sureness: byId("own-sureness"),
      unsure: byId("own-unsure"),
      announced: byId("own-announced"),
    });
    byId("own-start").addEventListener("click", () => this.#start());
    byId("own-stop").addEventListener("click", () => this.#stop("own-stopped"));
    addEventListener("pagehide", () => this.#stop("own-stopped"));
  }

  /** Another page is shown: nobody means to be filmed any more. */
  leave() {
    if (this.#stream) this.#stop("own-stopped");
  }

  async #start() {
    if (!navigator.mediaDevices?.getUserMedia) return this.#tell("own-insecure");
    this.#tell("own-asking");
    byId("own-start").disabled = true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: WIDEST }, height: { ideal: HIGHEST }, facingMode: "user" },
        audio: false,
      });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return this.#tell(trouble(error));
    } finally {
      byId("own-start").disabled = false;
    }
    this.#stream.getVideoTracks()[0].addEventListener("ended", () => this.#stop("own-ended"));
    await this.#begin();
  }

  async #begin() {
    this.#words = [];
    this.#caption.clear();
    byId("own-line").replaceChildren();
    showRunning(true);
    this.#tell("own-connecting");
    const video = byId("own-video");
    video.srcObject = this.#stream;
    await video.play();
    const told = {
      open: () => this.#tell("own-looking"),
      message: (data) => this.#hear(JSON.parse(data)),
      lost: (code, reason) => this.#lose(code, reason),
    };
    this.#forgetPictures();
    this.#socket = new SteadySocket("live-signs", told, isFinal);
    this.#pacer = setInterval(() => this.#send(), PICTURE_EVERY_MS);
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
    this.#tell(why, inserted);
  }

  #lose(code, reason) {
    this.#forgetPictures();
    clear(byId("own-canvas"));
    if (code === TRY_AGAIN_LATER) return this.#stop("own-full");
    if (isFinal(code)) return this.#stop("own-closed", { reason });
    this.#tell("own-lost");
  }

  /** Send the newest picture, unless those before it are still on their way or being read. */
  async #send() {
    const now = performance.now();
    this.#sentAt = this.#sentAt.filter((at) => now - at < LOST_AFTER_MS);
    const video = byId("own-video");
    if (!this.#socket?.isFree || this.#sentAt.length >= IN_FLIGHT || document.hidden || !video.videoWidth) return;
    this.#sentAt.push(now);
    const jpeg = await pictureOf(video);
    if (this.#socket?.isFree) this.#socket.send(new Blob([LANDMARKS_BACK, jpeg]));
  }

  #hear(answer) {
    if (answer.landmarks) this.#show(answer.landmarks);
    if (answer.detected_sign) this.#say(answer.detected_sign, answer.confidence);
    if (answer.status === "idle") this.#tell("own-idle");
  }

  #show(landmarks) {
    const now = performance.now();
    const sent = this.#sentAt.shift();
    this.#answered = [...this.#answered.filter((at) => now - at < 2_000), now];
    const video = byId("own-video");
    const canvas = byId("own-canvas");
    [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
    const { joints, head } = signer(landmarks, video.videoHeight / video.videoWidth);
    drawSkeleton(canvas.getContext("2d"), joints, canvas.width, skeletonColours({ overPicture: true }), head);
    const handsSeen = joints[LEFT_HAND] || joints[RIGHT_HAND];
    this.#tell(handsSeen ? "own-seen" : "own-looking");
    if (sent !== undefined) {
      put(byId("own-pace"), "own-pace", { n: this.#answered.length / 2, ms: Math.round(now - sent) });
    }
  }

  #say(sign, confidence) {
    this.#caption.show({ word: sign.sign_ar, english: sign.sign_en, confidence, isNew: true });
    const before = this.#words;
    this.#words = [...before, sign.sign_ar].slice(-WORDS_KEPT);
    byId("own-line").textContent = before.join(" · ");
  }

  #forgetPictures() {
    this.#sentAt = [];
    this.#answered = [];
  }

  #tell(name, inserted) {
    put(byId("own-told"), name, inserted);
    byId("own-told").dataset.told = name;
  }
}

/** The reference's points, x and y in shares of the picture and 0 where unseen, as joints in widths of the picture. */
function signer(points, aspect) {
  const seen = points.map(([x, y]) => (x || y ? [x, y * aspect] : null));
  const joints = new Array(JOINTS).fill(null);
  for (let number = 0; number < 6; number += 1) joints[POSE + FIRST_SHOULDER + number] = seen[THEIR_POSE + number];
  for (let number = 0; number < 21; number += 1) {
    joints[LEFT_HAND + number] = seen[THEIR_LEFT_HAND + number];
    joints[RIGHT_HAND + number] = seen[THEIR_RIGHT_HAND + number];
  }
  const face = seen.slice(THEIR_FACE, THEIR_RIGHT_HAND).filter((point) => point);
  return { joints, head: face.length ? circleAround(face) : null };
}

function circleAround(points) {
  const [across, down] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...across), Math.max(...across), Math.min(...down), Math.max(...down)];
  return [(left + right) / 2, (top + bottom) / 2, (right - left) / 2];
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

function isFinal(code) {
  return code === TRY_AGAIN_LATER || code === POLICY || code >= 4000;
}

function showRunning(running) {
  byId("own-consent").hidden = running;
  byId("own-glass").hidden = !running;
  byId("own-start").hidden = running;
  byId("own-stop").hidden = !running;
  if (running) byId("own-words").hidden = false;
  if (running) byId("own-stop").focus();
}

function clear(canvas) {
  canvas.width = canvas.clientWidth;
}
