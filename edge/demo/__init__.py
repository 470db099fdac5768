"""The demo: the daemon as it is, a broker when there is none, and a subscriber that prints what arrives."""
