"""The executor as LocalStack sees it: one object an execution environment.

Selected with `LAMBDA_RUNTIME_EXECUTOR=process`. `LAMBDA_PROCESS_PYTHON` names the interpreter whose environment has
`awslambdaric` and the SDK, `LAMBDA_PROCESS_CERTIFICATES` a file of authorities that functions trust. LocalStack keeps
deciding what it decided before: which version and alias an invocation is for, how many environments there are, when
one is idle for too long, and where the logs go.

**Left out:** container images and runtimes other than `python3.x` (refused when the function is created, see
`checks`), a Python of another minor version than the interpreter's (the handler runs on the one there is), file
systems, VPCs, ephemeral storage limits and architectures.
"""

import os
import tempfile
from functools import cache
from pathlib import Path

from localstack import config
from localstack.runtime import events as localstack_events
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from amp_localstack.lambda_executor.environment import Environment
from amp_localstack.lambda_executor.events import Invocation
from amp_localstack.lambda_executor.function_environment import FunctionSpec
from amp_localstack.lambda_executor.memory_watch import MemoryWatch
from amp_localstack.lambda_executor.orphan_guard import OrphanGuard
from amp_localstack.lambda_executor.runtime_process import Host


class ProcessRuntimeExecutor(RuntimeExecutor):
    """Runs one execution environment as a process."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002
        super().__init__(id=id, function_version=function_version)
        self.client_context = ""  # of the invocation about to be made; see `patches`
        self._environment: Environment | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the process; `env_vars` are LocalStack's, of which only AWS's reach the function."""
        given = {name: str(value) for name, value in env_vars.items() if value is not None}
        self._environment = Environment(self.id, _spec(self.function_version), given, _host())
        self._environment.start()

    def stop(self) -> None:
        """End the process. A running invocation finishes first, except when LocalStack itself is stopping."""
        if self._environment is None:
            return
        stopping = localstack_events.infra_stopping.is_set()
        self._environment.stop(grace=0 if stopping else self.function_version.config.timeout)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run the function once."""
        assert self._environment is not None
        invocation = Invocation(
            request_id=payload["invoke-id"],
            function_arn=payload["invoked-function-arn"],
            payload=payload["payload"].encode(),
            trace_id=payload["trace-id"],
            client_context=self.client_context,
        )
        result = self._environment.invoke(invocation)
        return InvocationResult(
            request_id=invocation.request_id,
            payload=result.payload,
            is_error=result.is_error,
            logs=result.logs,
        )

    def get_address(self) -> str:
        """Where the environment is: on this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Where LocalStack is for the function."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """LocalStack's callback for its own runtime client, which this executor has no use for."""
        return ""

    def get_logs(self) -> str:
        """Nothing beyond what each invocation already returned."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code and the layers."""
        function_version.config.code.prepare_for_execution()
        for layer in function_version.config.layers:
            layer.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: LocalStack deletes the code it unpacked."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Refuse to start without an interpreter for the functions."""
        return _python().exists()


def _python() -> Path:
    return Path(os.environ["LAMBDA_PROCESS_PYTHON"])


@cache
def _host() -> Host:
    folder = Path(tempfile.mkdtemp(prefix="lambda-environments-"))
    return Host(
        python=_python(),
        endpoint_url=f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}",
        certificates=os.environ.get("LAMBDA_PROCESS_CERTIFICATES", ""),
        folder=folder,
        watch=MemoryWatch(),
        guard=OrphanGuard(folder),
    )


def _spec(version: FunctionVersion) -> FunctionSpec:
    settings = version.config
    logging_config = settings.logging_config or {}
    return FunctionSpec(
        name=version.id.function_name,
        version=version.id.qualifier,
        handler=settings.handler,
        runtime=settings.runtime,
        region=version.id.region,
        memory_mb=settings.memory_size,
        timeout_s=settings.timeout,
        code=settings.code.get_unzipped_code_location(),
        layers=[layer.code.get_unzipped_code_location() for layer in settings.layers],
        variables=settings.environment or {},
        log_format=logging_config.get("LogFormat", "Text"),
        log_level=logging_config.get("ApplicationLogLevel", ""),
    )
