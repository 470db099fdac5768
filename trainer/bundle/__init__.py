"""Bundles: export to ONNX, quantisation, model card, benchmarks."""
