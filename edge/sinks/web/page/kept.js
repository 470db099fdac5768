/** What the browser remembers of somebody's choices; nothing where it is not allowed to. */

/** The remembered choice, if it is one of those there are. */
export function kept(key, choices) {
  try {
    const value = localStorage.getItem(key);
    return choices.includes(value) ? value : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** Remember a choice. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
