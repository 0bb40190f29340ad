"""The process that hosts the stand-in services."""
