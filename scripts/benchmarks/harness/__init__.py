"""What the benchmarks share: servers, requests, load, floors and results."""
