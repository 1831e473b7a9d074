"""In and out: the files that carry a catalog or a gallery to and from other systems."""
