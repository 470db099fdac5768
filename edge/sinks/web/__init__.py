"""The live page and what it is made of."""
