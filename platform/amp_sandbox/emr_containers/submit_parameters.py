"""spark-submit's options, as StartJobRun takes them in one string (`sparkSubmitParameters`).

https://spark.apache.org/docs/3.5.6/submitting-applications.html

**Left out**, each refused by name when the run is started: options that look for code on the network (`--packages`,
`--repositories`, `--exclude-packages`), that say where to run (`--master`, `--deploy-mode`, which EMR on EKS sets
itself), and those for other clusters than Kubernetes.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_CONF = {
    "--name": "spark.app.name",
    "--driver-memory": "spark.driver.memory",
    "--driver-cores": "spark.driver.cores",
    "--driver-java-options": "spark.driver.extraJavaOptions",
    "--driver-class-path": "spark.driver.extraClassPath",
    "--driver-library-path": "spark.driver.extraLibraryPath",
    "--executor-memory": "spark.executor.memory",
    "--executor-cores": "spark.executor.cores",
    "--num-executors": "spark.executor.instances",
}
"""Options that are another way to write a property."""
_FILES = {"--py-files": "py_files", "--files": "files", "--jars": "jars", "--archives": "archives"}
FILE_PROPERTIES = {
    "spark.submit.pyFiles": "--py-files",
    "spark.files": "--files",
    "spark.jars": "--jars",
    "spark.archives": "--archives",
}
"""Properties that are another way to write an option that names files."""
NETWORK_PROPERTIES = ("spark.jars.packages", "spark.jars.repositories", "spark.jars.excludes", "spark.jars.ivy")


class ParametersError(Exception):
    """An option that is not one of spark-submit's or is not supported; the message names it."""


@dataclass(frozen=True)
class SubmitParameters:
    """What the options say: properties, and URIs of files by what they are for."""

    conf: Mapping[str, str] = field(default_factory=dict)
    main_class: str | None = None
    py_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


def parse(text: str) -> SubmitParameters:
    """Read the options; raises `ParametersError`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParametersError(f"sparkSubmitParameters cannot be read: {error}.") from None
    conf: dict[str, str] = {}
    files: dict[str, tuple[str, ...]] = {}
    main_class = None
    for option, value in _options(words):
        if option in ("--conf", "-c"):
            option, value = _property(value)
        if option in ("--conf", "-c"):
            key, _, given = value.partition("=")
            conf[key] = given
        elif option in _CONF:
            conf[_CONF[option]] = value
        elif option in _FILES:
            files[_FILES[option]] = tuple(part.strip() for part in value.split(",") if part.strip())
        elif option == "--class":
            main_class = value
        else:
            raise ParametersError(f"sparkSubmitParameters: the option {option} is not supported.")
    return SubmitParameters(conf, main_class, **files)


def _property(text: str) -> tuple[str, str]:
    """A property as the option that it is another way to write, or itself."""
    key, equals, value = text.partition("=")
    if not key.startswith("spark.") or not equals:
        raise ParametersError(f"sparkSubmitParameters: --conf {text!r} is not of the form spark.key=value.")
    if key.startswith(NETWORK_PROPERTIES):
        raise ParametersError(f"sparkSubmitParameters: {key} is not supported: it looks for code on the network.")
    return (FILE_PROPERTIES[key], value) if key in FILE_PROPERTIES else ("--conf", text)


def _options(words: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    rest = list(words)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if not option.startswith("-"):
            raise ParametersError(f"sparkSubmitParameters: {option!r} is where an option should be.")
        if not equals:
            if not rest:
                raise ParametersError(f"sparkSubmitParameters: the option {option} has no value.")
            value = rest.pop(0)
        pairs.append((option, value))
    return pairs
