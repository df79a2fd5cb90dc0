"""The built-in plugins; each is found through an entry point, like anyone else's."""
