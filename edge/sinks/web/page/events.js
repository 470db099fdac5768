/**
 * The device's words, utterances and health as server-sent events, for as long as the page is open.
 *
 * The browser reconnects by itself when the stream breaks, and sends the number of the last event that it received. It
 * gives up if the response is not an event stream (a proxy whose device is unreachable, a token that has changed), and
 * does not notice a server that never answers. So a stream that is closed or silent is opened again here.
 */

const SILENCE_MS = 7_000; // health is sent at least every two seconds
const CHECK_MS = 1_000;

/**
 * Calls `events` with words, utterances and the line in progress, `health`, `reply`, `teaching`, `consent`, `doctor`,
 * `setup`, `settings`, `clear` and `model` (model, labels or vocabulary have changed) with the events, `connected` and `lost` when that changes, and
 * `refused` whenever the response is not an event stream. All events from before the connection, at most `limit`, come
 * in one call directly before the first health; those after it are new.
 */
export class Events {
  #handlers;
  #limit;
  #source;
  #receivedAt = 0;
  #lastSeq = 0;
  #connected = null;
  #earlier = [];
  #caughtUp = false;
  #checking;

  constructor(handlers, { limit }) {
    this.#handlers = handlers;
    this.#limit = limit;
    this.#open();
    this.#checking = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Close the stream for good. */
  close() {
    clearInterval(this.#checking);
    this.#source.close();
  }

  #open() {
    this.#source?.close();
    this.#receivedAt = Date.now();
    const source = new EventSource(`api/events?since=${this.#lastSeq}&limit=${this.#limit}`);
    this.#source = source;
    source.onopen = () => {
      this.#caughtUp = false;
      this.#setConnected(true);
    };
    source.onerror = () => {
      this.#setConnected(false);
      if (source.readyState === EventSource.CLOSED) this.#handlers.refused();
    };
    for (const name of ["word", "utterance", "line"]) {
      source.addEventListener(name, (event) => this.#receive(() => this.#receiveEvent(JSON.parse(event.data))));
    }
    source.addEventListener("health", (event) => this.#receive(() => this.#receiveHealth(JSON.parse(event.data))));
    for (const name of ["reply", "teaching", "consent", "doctor", "setup", "settings"]) {
      source.addEventListener(name, (event) => this.#receive(() => this.#handlers[name](JSON.parse(event.data))));
    }
    source.addEventListener("model", () => this.#receive(() => this.#handlers.model()));
    source.addEventListener("clear", () => this.#receive(() => this.#receiveClear()));
  }

  #receive(handle) {
    this.#receivedAt = Date.now();
    this.#setConnected(true);
    handle();
  }

  #receiveEvent(event) {
    this.#lastSeq = event.seq ?? this.#lastSeq;
    if (this.#caughtUp) this.#handlers.events([event], { areNew: true });
    else this.#earlier.push(event);
  }

  /** The first health ends the events from before the connection; drawing them one by one takes a browser seconds. */
  #receiveHealth(health) {
    if (this.#earlier.length) this.#handlers.events(this.#earlier, { areNew: false });
    this.#earlier = [];
    this.#caughtUp = true;
    this.#handlers.health(health);
  }

  #receiveClear() {
    this.#earlier = [];
    this.#handlers.clear();
  }

  #check() {
    const silent = Date.now() - this.#receivedAt > SILENCE_MS;
    if (silent) this.#setConnected(false);
    if (silent || this.#source.readyState === EventSource.CLOSED) this.#open();
  }

  #setConnected(connected) {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.#handlers.connected();
    else this.#handlers.lost();
  }
}
