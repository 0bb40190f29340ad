"""Hypothesis without deadlines: how long an example takes tells how busy the machine is, and nothing of the code."""

import os

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# What runs a test's sandbox is never by chance: an engine may be there or not.
os.environ.setdefault("SANDBOX_RUNTIME", "process")
