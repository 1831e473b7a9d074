"""What can be asked: sessions, permissions, arguments and the product_media operations."""
