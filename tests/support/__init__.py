"""What tests share: a real server on a real port, pictures, tapes."""
