"""How it is spoken: one folder a protocol, each with one function `mount`."""
