"""Signers' consent, and the takes that are kept while it is in force."""
