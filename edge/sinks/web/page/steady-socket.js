/** A websocket that is opened again when it breaks, at once and then ever later, until it is closed for good. */

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

/**
 * Calls `message` with the data and, if they are there, `open` and `lost` (with code and reason of the close). Where
 * `isFinal` says so of a close's code it is not opened again.
 */
export class SteadySocket {
  #path;
  #told;
  #isFinal;
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #timer;

  constructor(path, told, isFinal) {
    this.#path = path;
    this.#told = told;
    this.#isFinal = isFinal;
    this.#open();
  }

  /** Whether something can be sent now and nothing waits to be sent. */
  get isFree() {
    return this.#socket?.readyState === WebSocket.OPEN && this.#socket.bufferedAmount === 0;
  }

  /** Send it; only while it is free. */
  send(data) {
    this.#socket.send(data);
  }

  /** End it. Nothing is called any more. */
  close() {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #open() {
    const address = new URL(this.#path, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#told.open?.();
    socket.onmessage = (event) => {
      this.#retryMs = FIRST_RETRY_MS; // one that closes before it says anything is not well
      this.#told.message(event.data);
    };
    socket.onclose = (event) => {
      this.#forget();
      if (!this.#isFinal(event.code)) {
        this.#timer = setTimeout(() => this.#open(), this.#retryMs);
        this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
      }
      this.#told.lost?.(event.code, event.reason);
    };
  }

  #forget() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onmessage = socket.onclose = null;
    // A browser tells one that is closed before it is open in the console, as an error.
    socket.onopen = () => socket.close();
    if (socket.readyState !== WebSocket.CONNECTING) socket.close();
  }
}
