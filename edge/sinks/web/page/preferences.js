/** Preferences in the browser's storage; nothing is stored where the browser forbids it. */

/** Return the stored preference if it is one of the choices, else null. */
export function loadPreference(key, choices) {
  try {
    const value = localStorage.getItem(key);
    return choices.includes(value) ? value : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** Store a preference. */
export function savePreference(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
