/** A websocket that reconnects when it breaks, with growing delays, until it is closed for good. */

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

/**
 * Calls `message` with the data and, if they are given, `open` and `lost` (with code and reason of the close). If
 * `isFinal` returns true for the code of a close, the socket does not reconnect.
 */
export class ReconnectingSocket {
  #path;
  #handlers;
  #isFinal;
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #timer;

  constructor(path, handlers, isFinal) {
    this.#path = path;
    this.#handlers = handlers;
    this.#isFinal = isFinal;
    this.#open();
  }

  /** True if the socket is open and nothing waits to be sent. */
  get isFree() {
    return this.#socket?.readyState === WebSocket.OPEN && this.#socket.bufferedAmount === 0;
  }

  /** Send data; only while the socket is free. */
  send(data) {
    this.#socket.send(data);
  }

  /** Close the socket. No handler is called any more. */
  close() {
    clearTimeout(this.#timer);
    this.#detach();
  }

  #open() {
    const address = new URL(this.#path, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#handlers.open?.();
    socket.onmessage = (event) => {
      this.#retryMs = FIRST_RETRY_MS; // a socket that closes before its first message is no success
      this.#handlers.message(event.data);
    };
    socket.onclose = (event) => {
      this.#detach();
      if (!this.#isFinal(event.code)) {
        this.#timer = setTimeout(() => this.#open(), this.#retryMs);
        this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
      }
      this.#handlers.lost?.(event.code, event.reason);
    };
  }

  #detach() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onmessage = socket.onclose = null;
    // Closing a socket before it is open makes the browser log an error in the console.
    socket.onopen = () => socket.close();
    if (socket.readyState !== WebSocket.CONNECTING) socket.close();
  }
}
