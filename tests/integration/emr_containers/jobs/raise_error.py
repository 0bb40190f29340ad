"""Fails as jobs do."""

raise ValueError("the date is in the future")
