"""The settings: one TOML file of the configuration, which the page and `ishara-edge config` change and undo.

`location` decides which file that is, `file` writes it so that nothing is lost at any moment, `editor` decides what may
be changed and checks it with the daemon's own models, and `live` has the running daemon use it.
"""
