"""Evaluation: metrics on takes, leave-one-signer-out, paired comparison of runs, and continuous signing."""
