/** The notice while the takes of somebody are kept, and its end by whoever may send commands. */
import { send } from "./commands.js";
import { put } from "./language.js";

const byId = (id) => document.getElementById(id);

/** Shows the notice on every page. */
export class Keeping {
  constructor() {
    byId("keeping-stop").addEventListener("click", () => send("consent", { action: "stop" }));
  }

  /** Show who has agreed that takes are kept, until when; nothing while none are. */
  show({ session }) {
    byId("keeping").hidden = !session;
    if (!session) return;
    const { person, purpose, until } = session;
    put(byId("keeping-text"), purpose === "training" ? "keeping-training" : "keeping", { person, until: new Date(until) });
  }
}
