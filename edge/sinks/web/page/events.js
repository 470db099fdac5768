/**
 * Words and health as the device tells them (server-sent events), for as long as the page is open.
 *
 * The browser asks again by itself when the stream breaks, naming the last word it heard. It gives up where somebody
 * answers that this is no stream (a proxy whose device is away, a token that is asked for anew), and notices nothing
 * where nobody answers at all: so a stream that is closed or silent is opened anew.
 */

const SILENT_MS = 7_000; // health comes at least every two seconds
const LOOK_MS = 1_000;

/**
 * Calls `word`, `health` and `clear` with what is heard, `connected` and `lost` when that changes, and `refused` whenever
 * somebody answers that this is no stream.
 */
export class Events {
  #told;
  #source;
  #heardAt = 0;
  #lastSeq = 0;
  #connected = null;
  #caughtUp = false;
  #looking;

  constructor(told) {
    this.#told = told;
    this.#open();
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Ask no more. */
  close() {
    clearInterval(this.#looking);
    this.#source.close();
  }

  #open() {
    this.#source?.close();
    this.#heardAt = Date.now();
    const source = new EventSource(`api/events?since=${this.#lastSeq}`);
    this.#source = source;
    source.onopen = () => {
      this.#caughtUp = false;
      this.#tell(true);
    };
    source.onerror = () => {
      this.#tell(false);
      if (source.readyState === EventSource.CLOSED) this.#told.refused();
    };
    source.addEventListener("word", (event) => this.#hear(() => this.#hearWord(JSON.parse(event.data))));
    source.addEventListener("health", (event) => this.#hear(() => this.#hearHealth(JSON.parse(event.data))));
    source.addEventListener("clear", () => this.#hear(() => this.#told.clear()));
  }

  #hear(tell) {
    this.#heardAt = Date.now();
    this.#tell(true);
    tell();
  }

  /** Words come before the first health are those that were said before or meanwhile: nobody says them now. */
  #hearWord(word) {
    this.#lastSeq = word.seq;
    this.#told.word(word, { isNew: this.#caughtUp });
  }

  #hearHealth(health) {
    this.#caughtUp = true;
    this.#told.health(health);
  }

  #look() {
    const silent = Date.now() - this.#heardAt > SILENT_MS;
    if (silent) this.#tell(false);
    if (silent || this.#source.readyState === EventSource.CLOSED) this.#open();
  }

  #tell(connected) {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.#told.connected();
    else this.#told.lost();
  }
}
