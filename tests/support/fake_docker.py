"""A Docker engine that is not there: what `docker` commands would do to containers, and what they were."""

import json
from collections.abc import Mapping
from typing import Any

import psutil

from amp_sandbox.runtime.compose import project

CORE = ("network", "localstack", "standins", "warehouse", "catalog_api")


class FakeEngine:
    """Containers by service; each start is a second later than the one before."""

    def __init__(self, project_name: str) -> None:
        self.project = project_name
        self.containers: dict[str, dict[str, Any]] = {}
        self.images: set[str] = set()
        self.calls: list[tuple[str, ...]] = []
        self.clock = 0
        self.volume = False
        self.console = False

    def start(self, *services: str, tag: str = "t1") -> None:
        """Start, or start again."""
        for service in services:
            self.clock += 1
            self.containers[service] = {
                "Id": f"id-{service}",
                "RestartCount": 0,
                "Config": {
                    "Image": f"amp-sandbox/core:{tag}",
                    "Labels": {"com.docker.compose.service": service},
                },
                "State": {
                    "Status": "running",
                    "Pid": 100 + self.clock,
                    "StartedAt": f"2026-11-26T07:{self.clock:02}:00.123456789Z",
                    "ExitCode": 0,
                },
            }

    def kill(self, service: str) -> None:
        """End a container, as `docker kill` does."""
        self.containers[service]["State"] |= {"Status": "exited", "Pid": 0, "ExitCode": 137}

    def pause(self, service: str) -> None:
        """Freeze a container, as `docker pause` does; its process id stays."""
        self.containers[service]["State"]["Status"] = "paused"

    def start_console(self, _settings: object) -> bool:
        """What `console.start` is replaced with: the one that is no container."""
        was, self.console = self.console, True
        return not was

    def stop_console(self, _settings: object) -> bool:
        """What `console.stop` is replaced with."""
        was, self.console = self.console, False
        return was

    def find_console(self, _settings: object) -> psutil.Process | None:
        """What `console.find` is replaced with."""
        return psutil.Process() if self.console else None

    def run(self, *arguments: str, timeout: float = 0, environment: Mapping[str, str] | None = None) -> str:
        """What `engine.run` is replaced with."""
        self.calls.append(arguments)
        if arguments[0] == "compose":
            return self._compose(arguments, environment or {})
        if arguments[0] == "ps":
            assert arguments[-1] == f"label=com.docker.compose.project={self.project}"
            return "\n".join(str(one["Id"]) for one in self.containers.values())
        if arguments[0] == "inspect":
            return json.dumps([one for one in self.containers.values() if one["Id"] in arguments])
        if arguments[:2] == ("image", "ls"):
            return "\n".join(sorted(self.images))
        if arguments[:2] == ("volume", "ls"):
            return f"{self.project}_home" if self.volume else ""
        if arguments[:2] == ("image", "rm"):
            self.images.discard(arguments[2])
        if arguments[0] == "stats":
            return "\n".join(f"{one} 1.5MiB / 2GiB" for one in arguments if one.startswith("id-"))
        return ""

    def _compose(self, given: tuple[str, ...], environment: Mapping[str, str]) -> str:
        words = [word for word in given if not word.startswith("-")]
        if "down" in words:
            self.containers.clear()
            self.volume = self.volume and "--volumes" not in given
        if "up" in words:
            self.volume = True
            named = words[words.index("up") + 1 :]
            self.start(*(named or CORE), tag=environment[project.TAG_VARIABLE])
        return ""

    def told(self, *words: str) -> list[tuple[str, ...]]:
        """The calls that have all these words."""
        return [call for call in self.calls if set(words) <= set(call)]
