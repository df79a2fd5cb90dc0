"""What `editgauge new` writes: names, pictures to try a plugin on, and files from templates."""
