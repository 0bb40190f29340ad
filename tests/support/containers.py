"""What the engine has of a sandbox."""

from pathlib import Path

from amp_sandbox.runtime.compose import engine, project


def left(home: Path) -> dict[str, list[str]]:
    """The containers, networks and volumes that there are of the sandbox in that home."""
    mine = f"label=com.docker.compose.project={project.name(home)}"
    return {
        kind: engine.run(*command, "--filter", mine).split()
        for kind, command in (
            ("containers", ("ps", "--all", "--quiet")),
            ("networks", ("network", "ls", "--quiet")),
            ("volumes", ("volume", "ls", "--quiet")),
        )
    }
