/** The colour theme: the system's, until the user chooses. The colours are in themes.css. */
import { loadPreference, savePreference } from "./preferences.js";

const KEY = "ishara.theme";
const CHOICES = ["system", "dark", "light", "contrast"];
let choice = loadPreference(KEY, CHOICES) ?? "system";
const systemThemes = {
  contrast: matchMedia("(prefers-contrast: more)"),
  light: matchMedia("(prefers-color-scheme: light)"),
};

/** Apply the stored theme. */
export function init() {
  for (const query of Object.values(systemThemes)) query.addEventListener("change", apply);
  apply();
}

/** Let the user change the theme with a select element. */
export function bindSelect(select) {
  select.value = choice;
  select.addEventListener("change", () => {
    choice = select.value;
    savePreference(KEY, choice);
    apply();
  });
}

/** Return the current colours of a skeleton; over a picture they are always bright, with a shadow. */
export function skeletonColours({ overPicture }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${overPicture ? "picture-" : ""}${name}`);
  return {
    body: colour("body"),
    leftHand: colour("left-hand"),
    rightHand: colour("right-hand"),
    shadow: overPicture ? "rgb(0 0 0 / 0.55)" : "transparent",
  };
}

function apply() {
  const system = Object.keys(systemThemes).find((name) => systemThemes[name].matches) ?? "dark";
  document.documentElement.dataset.theme = choice === "system" ? system : choice;
}
