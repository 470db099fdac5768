"""The daemon: camera to landmarks to signs to words to sinks."""
