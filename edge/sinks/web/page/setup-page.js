/** The set-up page, which takes the place of the live page while the device has no settings. */
import * as language from "./language.js";
import * as theme from "./theme.js";

const byId = (id) => document.getElementById(id);

language.init();
theme.init();
theme.bindSelect(byId("theme"));
language.put(byId("connection-text"), "connected");
byId("connection").dataset.state = "connected";
