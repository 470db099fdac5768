"""Programs that `ishara-deploy` runs with a device's own Python; they need only its standard library."""
