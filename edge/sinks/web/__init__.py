"""The live page: its server, in a process of its own, and the sink that feeds it."""
