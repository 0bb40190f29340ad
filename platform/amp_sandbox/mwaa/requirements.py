"""What an environment's `requirements.txt` asks for, compared with the packages that Airflow has here.

MWAA installs the file; here Airflow's packages are those of `platform/requirements/airflow.txt`, which were installed
with their hashes. So nothing is installed, but a file that asks for something else is refused, and names it: what it
asks for would be missing on this machine, or the DAGs would run with another version than on AWS.
https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags-dependencies.html

**Left out:** `--constraint` lines have no effect, as what they constrain is compared by itself. Other options (`-r`,
`--find-links`, `--index-url`), URLs and extras are refused by name.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from amp_sandbox import paths

LOCK = paths.PLATFORM / "requirements" / "airflow.txt"
AIRFLOW = "apache-airflow"

_PIN = re.compile(r"^([A-Za-z0-9._-]+==[^ ;\\]+(?: ; [^\\]+)?) *\\?$", re.MULTILINE)
_COMMENT = re.compile(r"(^|\s)#.*$")
_CONSTRAINT = re.compile(r"(-c|--constraint)[ =]")


@cache
def installed(lock: Path = LOCK) -> Mapping[str, Version]:
    """The packages of Airflow's environment, by their canonical name."""
    pins = [Requirement(pin) for pin in _PIN.findall(lock.read_text())]
    return {canonicalize_name(pin.name): Version(str(pin.specifier)[2:]) for pin in pins if _applies(pin.marker)}


def airflow_version() -> str:
    """The version of Airflow that runs here."""
    return str(installed()[AIRFLOW])


def problems(text: str, has: Mapping[str, Version]) -> list[str]:
    """What is wrong with a requirements file on a machine that has these packages; a sentence each."""
    return [problem for line in _lines(text) if (problem := _problem(line, has))]


def _lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped and not _CONSTRAINT.match(stripped):
            yield stripped


def _problem(line: str, has: Mapping[str, Version]) -> str | None:
    if line.startswith("-"):
        return f"{line.split()[0]} is not supported here"
    try:
        wanted = Requirement(re.sub(r"\s+--hash[= ]\S+", "", line))
    except InvalidRequirement:
        return f"{line!r:.100} is no requirement"
    if not _applies(wanted.marker):
        return None
    if wanted.url or wanted.extras:
        return f"{line!r:.100}: URLs and extras are not supported here"
    version = has.get(canonicalize_name(wanted.name))
    if version is None:
        return f"{wanted.name} is not installed here"
    if not wanted.specifier.contains(version, prereleases=True):
        return f"{wanted.name} is {version} here, not {wanted.specifier}"
    return None


def _applies(marker: Marker | None) -> bool:
    """Whether a requirement is meant for this machine; Airflow's Python is the version of the sandbox's own."""
    return marker is None or marker.evaluate()
