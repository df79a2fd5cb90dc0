"""What comes from outside at its worst: text, images, ids, files and models; and secrets."""
