"""Speech: a worker synthesises what is said, by espeak-ng or Piper, and plays it through ALSA."""
