"""Filters with weights."""
