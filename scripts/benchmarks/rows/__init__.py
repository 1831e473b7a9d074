"""The rows of the table of `scripts/bench serving`; each takes a Bench and gives its figures."""
