"""The steps that turn a Debian into a device, over SSH (`ishara-deploy provision`) or locally (`ishara-edge setup`)."""
