"""A running sandbox, as a test has it: its addresses and names, clients of it, and its logs.

**Left out:** starting and stopping; see `sharing`, and the `sandbox` command.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings, variable

ANALYST = "analyst"
_ROUTINE = re.compile(r"\b(?:INFO|DEBUG)\b")  # what a service writes when all is well


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs, with the template deployed. `settings` has every port and every name."""

    settings: Settings

    @property
    def home(self) -> Path:
        """The folder of everything it writes."""
        return self.settings.home

    @property
    def endpoint_url(self) -> str:
        """The AWS endpoint."""
        return self.settings.localstack_url

    @property
    def region(self) -> str:
        """The AWS region of all resources."""
        return self.settings.region

    @property
    def raw_bucket(self) -> str:
        """The lake's bucket of data as it arrives."""
        return self.settings.raw_bucket

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point an AWS client of another process at it, and the `sandbox` command too."""
        return {**aws.client_environment(self.settings), variable("home"): str(self.home)}

    def session(self) -> Any:
        """A boto3 session whose clients and resources are the sandbox's, whatever the environment says."""
        return aws.session(self.settings)

    def client(self, service: str) -> Any:
        """A boto3 client for one service; the same one every time, as clients are thread-safe."""
        return aws.client(self.settings, service)

    def outputs(self) -> dict[str, str]:
        """The outputs of the deployed template."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.settings.stack_name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}

    def query(self, sql: str, user: str | None = None) -> list[dict[str, Any]]:
        """The rows of a query of the lake, or of the warehouse as one of its users.

        Raises SandboxError when the query fails.
        """
        if user is not None:
            from amp_sandbox.warehouse import client

            return _rows(client.query(self.settings, user, sql))
        from amp_sandbox.lake import open_lake

        with open_lake(self.settings) as lake:
            return _rows(lake.query(sql))

    def connect(self, user: str = ANALYST) -> Any:
        """A connection to the warehouse by redshift_connector, as one of its users.

        Without TLS, as the driver trusts only Amazon's authorities; the connection does not leave the machine.
        """
        try:
            import redshift_connector
        except ImportError:
            hint = 'Install it: pip install "amp-sandbox[test]"'
            raise SandboxError("redshift_connector is not installed.", hint=hint) from None
        from amp_sandbox.warehouse.client import access

        login = access(self.settings, user)
        return redshift_connector.connect(
            host=login.host,
            port=login.port,
            database=login.database,
            user=login.user,
            password=login.password,
            ssl=False,
        )

    def log_sizes(self) -> dict[str, int]:
        """How long each service's log is at this moment."""
        return {path.name: path.stat().st_size for path in sorted(paths.logs_dir(self.home).glob("*.log"))}

    def function_log(self, function: str, most: int = 30) -> list[str]:
        """The last lines that a Lambda function wrote into CloudWatch Logs; none before it ran."""
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [line for event in events for line in event["message"].rstrip("\n").splitlines()][-most:]

    def log_lines(self, since: Mapping[str, int], most: int = 30) -> dict[str, list[str]]:
        """The last warnings and errors that each service has written since its log had these sizes."""
        found = {}
        for name, size in self.log_sizes().items():
            with (paths.logs_dir(self.home) / name).open("rb") as file:
                file.seek(since.get(name, 0) if since.get(name, 0) <= size else 0)
                lines = [
                    line for line in file.read().decode(errors="replace").splitlines() if not _ROUTINE.search(line)
                ]
            if lines:
                found[name] = lines[-most:]
        return found


def _rows(answers: Iterable[Any]) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for answer in answers for row in answer.rows]
