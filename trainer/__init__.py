"""The trainer, for the workstation: takes from data sets, training, evaluation, and quantised bundles."""
