"""The demo: the unchanged daemon, a broker where there is none, and a subscriber that prints the words."""
