"""The model: a feature extractor over raw landmarks and the transformers that classify one sign."""
