/** The page that asks for the token has nothing to choose; it keeps to the colours chosen before. */
import { begin } from "./theme.js";

begin();
