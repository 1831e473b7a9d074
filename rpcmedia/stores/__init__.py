"""How it is kept: SQLite rows and local files behind the ports of gallery and operations."""
