"""A supervisord that is not there: it knows services by their states, and notes what it is told."""

from collections.abc import Mapping

from amp_sandbox.runtime.supervisord import ProcessInfo, Supervisor


class FakeSupervisor(Supervisor):
    """Its states are what a test says; nothing starts."""

    def __init__(self, states: Mapping[str, str]) -> None:
        self.states, self.told = states, list[str]()

    def info(self) -> dict[str, ProcessInfo]:
        """Every service in the state that it was given."""
        return {name: ProcessInfo(name, state, 1, 1, "") for name, state in self.states.items()}

    def start(self, name: str) -> None:
        """Note it."""
        self.told.append(f"start {name}")

    def restart(self, name: str) -> None:
        """Note it."""
        self.told.append(f"restart {name}")
