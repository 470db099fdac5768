"""What a model is: the bundle and its manifest, the classifier that runs it, and the shipped bundles."""
