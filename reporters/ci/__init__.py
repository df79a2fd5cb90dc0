"""Reporters for build systems: a JUnit report, and annotations and a summary for GitHub Actions."""
