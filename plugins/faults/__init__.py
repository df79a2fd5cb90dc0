"""Goes wrong on purpose, where and as often as it is told, to rehearse a night."""
