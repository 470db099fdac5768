"""The workstation: data sets to takes, training, evaluation, quantised bundles."""
