"""Without Spark: says that it runs by making `<folder>/running`, and ends when there is `<folder>/end`."""

import sys
import time
from pathlib import Path

folder = Path(sys.argv[1])
folder.joinpath("running").touch()
while not folder.joinpath("end").exists():
    time.sleep(0.1)
print("ended as it should")
