"""Returns the source image: the floor that every benchmark should show."""
