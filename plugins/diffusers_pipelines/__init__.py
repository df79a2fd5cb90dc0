"""What the edit models made of diffusers pipelines share; no plugin by itself."""
