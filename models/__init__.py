"""Models: bundles, their classifier and spotter, the store of installed bundles, and the shipped bundles."""
