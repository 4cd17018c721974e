"""The parts of `Benchmarks/peers/index.py`: what measures other vector indexes the way we measure ours."""
