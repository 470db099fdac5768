/** The login page applies the stored theme. */
import { init } from "./theme.js";

init();
