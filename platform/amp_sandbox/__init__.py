"""Amp's data platform on one machine: runtime, stand-in services and command line."""
