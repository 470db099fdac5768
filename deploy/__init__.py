"""The way to the devices: what a device needs to be given."""
