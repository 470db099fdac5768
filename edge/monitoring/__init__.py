"""The daemon's measurements of itself: health, status, metrics, temperature, frame rate, liveness."""
