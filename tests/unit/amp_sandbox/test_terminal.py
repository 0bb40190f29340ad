import io

from rich.console import Console

from amp_sandbox.progress import Step
from amp_sandbox.terminal import LiveSteps


def test_a_terminal_shows_the_steps_in_their_order_with_their_outcome() -> None:
    screen = io.StringIO()
    with LiveSteps(Console(file=screen, force_terminal=True, color_system=None, width=80)) as steps:
        steps.show(Step("localstack", "started"))
        steps.show(Step("standins", "started"))
        steps.show(Step("standins", "failed", 0.5, "it ended"))
        steps.show(Step("localstack", "done", 2.3, "http://127.0.0.1:4566"))
    last = [line.split() for line in screen.getvalue().splitlines() if line.strip()]
    last = [words for words in last if "✓" in words or "✗" in words][-2:]
    assert last[0][-5:] == ["✓", "localstack", "2.3", "s", "http://127.0.0.1:4566"]
    assert last[1][-6:] == ["✗", "standins", "0.5", "s", "it", "ended"]
