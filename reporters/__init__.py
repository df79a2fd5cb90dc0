"""The built-in reporters, one file each."""
