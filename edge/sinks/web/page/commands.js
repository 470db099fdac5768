/** Commands to the device, which it takes from whoever has shown the token. */

/** Send a command; return why it was not executed, or "" if it was. */
export async function send(command, payload) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("api/command", { method: "POST", headers, body: JSON.stringify({ command, ...payload }) })
    .then((response) => response.json())
    .catch(() => ({ error: "the device does not answer" }));
  return answer.ok ? "" : (answer.error ?? answer.detail);
}
