"""Set-up of a device in the browser, until there are settings: what it starts with, and checks of what is set."""
