"""The review of takes: a local page on which a person accepts, relabels or rejects each before it trains a model."""
