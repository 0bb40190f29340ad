"""Counts the likes of each show, live."""
