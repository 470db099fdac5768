"""Programs that `ishara-deploy` sends to a device's own Python: they need nothing beside its standard library."""
