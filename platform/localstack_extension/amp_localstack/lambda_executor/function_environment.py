"""The environment variables of a function's process: AWS's, the function's own, and nothing else.

The process inherits nothing. In particular none of LocalStack's variables, no proxy and no cloud credentials of
the person who runs the sandbox reach a function, so that what a function needs must be in the template, as on AWS.

**Left out:** `/var/task`, `/opt` and `/tmp` are the machine's, not the function's: code must use `LAMBDA_TASK_ROOT`,
the import system, and `tempfile` (or `TMPDIR`).

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# What the caller (LocalStack) may decide; anything else it offers is its own business.
GIVEN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
)
# Names a function may not set for itself.
RESERVED = frozenset(
    {
        *GIVEN,
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)


@dataclass(frozen=True)
class FunctionSpec:
    """All that the executor needs to know of a function version."""

    name: str
    version: str
    handler: str
    runtime: str
    region: str
    memory_mb: int
    timeout_s: int
    code: Path
    layers: Sequence[Path] = ()  # in the order of the function's configuration
    variables: Mapping[str, str] = field(default_factory=dict)
    log_format: str = "Text"
    log_level: str = ""


def build_environment(
    spec: FunctionSpec,
    given: Mapping[str, str],
    *,
    python: Path,
    tmp: Path,
    runtime_api: str,
    endpoint_url: str,
    certificates: str = "",
) -> dict[str, str]:
    """The whole environment of one process of the function."""
    environment = _unreserved(spec, python, tmp) | {"AWS_ENDPOINT_URL": endpoint_url}
    if certificates:
        # What signs for services on this machine; on AWS, public authorities sign for AWS's. Those stay trusted.
        environment["SSL_CERT_FILE"] = certificates
    environment |= _with_paths_kept(spec.variables, environment)
    environment |= {name: given[name] for name in GIVEN if given.get(name)}
    environment |= {
        "_HANDLER": spec.handler,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_REGION": spec.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(spec.code),
        "LAMBDA_RUNTIME_DIR": str(python.parent.parent),
    }
    if spec.log_format == "JSON":
        environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
    if spec.log_level:
        environment["AWS_LAMBDA_LOG_LEVEL"] = spec.log_level
    return environment


def python_path(layers: Sequence[Path], version: str) -> list[Path]:
    """Where layers keep modules. AWS unpacks them over each other, so that a later layer wins: it comes first here.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    return [
        layer / folder
        for layer in reversed(layers)
        for folder in ("python", f"python/lib/{version}/site-packages")
        if (layer / folder).is_dir()
    ]


def _unreserved(spec: FunctionSpec, python: Path, tmp: Path) -> dict[str, str]:
    newest_first = list(reversed(spec.layers))
    binaries = [*(layer / "bin" for layer in newest_first), python.parent]
    libraries = [*(layer / "lib" for layer in newest_first), spec.code, spec.code / "lib"]
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": _joined(*binaries, "/usr/local/bin", "/usr/bin", "/bin"),
        "LD_LIBRARY_PATH": _joined(*libraries),
        "PYTHONPATH": _joined(*python_path(spec.layers, spec.runtime)),
        # Not AWS's: without HOME, boto3 would read the configuration files of whoever runs the sandbox.
        "HOME": str(tmp),
        "TMPDIR": str(tmp),
    }


def _with_paths_kept(variables: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The function's own variables; its search paths come before the layers' instead of replacing them."""
    own = {name: value for name, value in variables.items() if name not in RESERVED}
    for name in ("PYTHONPATH", "PATH", "LD_LIBRARY_PATH"):
        if name in own:
            own[name] = _joined(own[name], environment[name])
    return own


def _joined(*parts: str | Path) -> str:
    return ":".join(str(part) for part in parts if str(part))
