/** The movement of a sign: the skeletons of its takes, one take at a time, repeated until it is paused. */
import { put } from "./language.js";
import { drawBones, drawSkeleton, POSE } from "./skeleton.js";
import { skeletonColours } from "./theme.js";

const REST_S = 0.6; // between two repetitions
const FACE = [[2, 2], [5, 5], [9, 10]]; // eyes and mouth

const byId = (id) => document.getElementById(id);
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Manages the elements `canvas` and `note` and the buttons `play` and `next`, whose names begin with the prefix. */
export class Movement {
  #part;
  #takes = [];
  #number = 0;
  #second = 0;
  #playing = false;
  #drawnAt = 0;
  #request;

  constructor(prefix) {
    this.#part = (name) => byId(`${prefix}-${name}`);
    this.#part("play").addEventListener("click", () => this.#play(!this.#playing));
    this.#part("next").addEventListener("click", () => this.#start((this.#number + 1) % this.#takes.length));
  }

  /** Show these takes, the first one first; none clear the canvas. */
  show(takes) {
    this.#takes = takes;
    this.#part("next").hidden = takes.length < 2;
    this.#start(0);
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame((now) => this.#draw(now));
  }

  #start(number) {
    const end = this.#takes[number]?.times.at(-1) ?? 0;
    this.#number = number;
    // Who wants less motion sees the middle of the sign, and plays it on request.
    this.#second = reducedMotion.matches ? end / 2 : 0;
    this.#play(!reducedMotion.matches);
    const facts = { number: number + 1, count: this.#takes.length, s: Math.round(10 * end) / 10 };
    if (end) put(this.#part("note"), "movement-note", facts);
  }

  #play(playing) {
    this.#playing = playing;
    put(this.#part("play"), playing ? "movement-pause" : "movement-play");
  }

  #draw(now) {
    const canvas = this.#part("canvas");
    canvas.width = canvas.height = canvas.clientWidth * devicePixelRatio; // this clears it
    const take = this.#takes[this.#number];
    if (!take) return;
    if (this.#playing) this.#second = (this.#second + (now - this.#drawnAt) / 1000) % (take.times.at(-1) + REST_S);
    this.#drawnAt = now;
    const joints = take.joints[take.times.findLastIndex((time) => time <= this.#second)];
    const context = canvas.getContext("2d");
    const colours = skeletonColours({ overPicture: false });
    drawSkeleton(context, joints, canvas.width, colours, joints[POSE] && [...joints[POSE], take.head]);
    context.strokeStyle = colours.body;
    drawBones(context, joints, POSE, FACE, canvas.width);
    this.#request = requestAnimationFrame((next) => this.#draw(next));
  }
}
