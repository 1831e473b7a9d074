"""What a gallery is: images, their names, their bytes and their rules. Knows no protocol."""
