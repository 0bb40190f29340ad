"""The live list of steps that a terminal shows: a spinner while a step runs, a mark and its seconds afterwards."""

import time
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from amp_sandbox.progress import MARKS, Step

COLOURS = {"done": "green", "failed": "red"}


class LiveSteps:
    """Steps drawn in place while they run."""

    def __init__(self, console: Console) -> None:
        self._steps: dict[str, Step] = {}
        self._started: dict[str, float] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=10)

    def __enter__(self) -> "LiveSteps":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, step: Step) -> None:
        """Take a step's news; the callback given to the work."""
        self._started.setdefault(step.name, time.monotonic())
        self._steps[step.name] = step

    def _render(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        # A copy, as the work may run on another thread than the drawing.
        for step in list(self._steps.values()):
            running = step.state == "started"
            seconds = time.monotonic() - self._started[step.name] if running else step.seconds
            mark = self._spinner if running else Text(MARKS[step.state], style=COLOURS[step.state])
            grid.add_row("", mark, step.name, Text(f"{seconds:.1f} s", style="dim"), Text(step.detail, style="dim"))
        return grid
