"""Record and replay: tapes of HTTP exchanges, whatever protocol they speak.

Imports nothing of the rest: a tape can be recorded from, and replayed against, any server.
"""
