"""Conformance checks: whether a model, dataset or reporter does what the rest relies on.

Workers import this package for `probe`, so nothing is imported here.
"""
