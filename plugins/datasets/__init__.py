"""The built-in datasets: `jsonl`, `folder` and `re-edit`."""
