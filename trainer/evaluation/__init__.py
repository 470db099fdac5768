"""Evaluation: metrics, leave-one-signer-out, running streams, comparisons."""
