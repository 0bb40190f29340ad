"""The extension is installed in LocalStack's environment; its modules without LocalStack are tested from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "platform" / "localstack_extension"))
