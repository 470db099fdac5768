/** Requests and commands to the device; it takes commands from whoever has shown the token. */

// The device refuses line ends, controls and signs of writing direction, which come along when a text is pasted.
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
const DIRECTIONS = /\p{Bidi_Control}/gu;

/** Return what somebody has written as the device accepts it. */
export function plain(text) {
  return text.replace(DIRECTIONS, "").replace(CONTROLS, " ").trim();
}

/** Return the response to a GET, or null if there is none. */
export async function fetchJson(path) {
  const response = await fetch(path).catch(() => null);
  return response?.ok ? response.json() : null;
}

/** Send a command; return whether it was executed (`ok`), its `content` if it has any, and the `error` if it was not. */
export async function execute(command, payload) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("api/command", { method: "POST", headers, body: JSON.stringify({ command, ...payload }) })
    .then((response) => response.json())
    .catch(() => ({ error: "the device does not answer" }));
  return { ...answer, error: answer.error ?? answer.detail };
}

/** Send a command; return why it was not executed, or "" if it was. */
export async function send(command, payload) {
  const { ok, error } = await execute(command, payload);
  return ok ? "" : error;
}
