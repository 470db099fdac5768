/** The page's colours: as the system wishes until somebody chooses. The colours themselves stand in live-signs.css. */
import { keep, kept } from "./kept.js";

const KEY = "ishara.theme";
const CHOICES = ["system", "dark", "light", "contrast"];
let choice = kept(KEY, CHOICES) ?? "system";
const wishes = {
  contrast: matchMedia("(prefers-contrast: more)"),
  light: matchMedia("(prefers-color-scheme: light)"),
};

/** Begin with the remembered theme. */
export function begin() {
  for (const wish of Object.values(wishes)) wish.addEventListener("change", use);
  use();
}

/** Let a select change it. */
export function offer(select) {
  select.value = choice;
  select.addEventListener("change", () => {
    choice = select.value;
    keep(KEY, choice);
    use();
  });
}

/** The colours of a skeleton now; over a picture they are always bright, with a shadow. */
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

function use() {
  const wished = Object.keys(wishes).find((name) => wishes[name].matches) ?? "dark";
  document.documentElement.dataset.theme = choice === "system" ? wished : choice;
}
