"""The parts of `Benchmarks/peers/embedding.py`: what measures other text encoders the way we measure ours."""
