/** The login page applies the stored theme, and takes a code from the fragment of the address, as a QR code has it. */
import { init } from "./theme.js";

init();

const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  history.replaceState(null, "", location.pathname); // so that it is in no history
  document.getElementById("token").value = code;
}
