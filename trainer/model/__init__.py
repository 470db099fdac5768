"""The network: features of raw landmarks and the ST-Transformers that read them."""
