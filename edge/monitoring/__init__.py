"""What the daemon measures of itself: health, status, metrics, temperature, frame rate, liveness."""
