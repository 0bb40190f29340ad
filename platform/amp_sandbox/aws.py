"""Clients of the sandbox's AWS endpoint.

They carry test credentials and read nothing of the user's own AWS setup (profiles, credentials, proxies), so
that no call can leave the machine or meet a real account.
"""

import os
import threading
from typing import Any

from amp_sandbox.settings import Settings

ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - LocalStack takes any; these are its documented ones

_clients: dict[tuple[str, str, str], Any] = {}
_lock = threading.Lock()


def client(settings: Settings, service: str) -> Any:
    """A boto3 client for one service of this sandbox; the same one for the same sandbox, as they are thread-safe."""
    key = (settings.localstack_url, settings.region, service)
    with _lock:
        if key not in _clients:
            _clients[key] = _new_client(*key)
        return _clients[key]


def client_environment(settings: Settings) -> dict[str, str]:
    """The environment variables that point any AWS client of this machine at the sandbox."""
    return {
        "AWS_ENDPOINT_URL": settings.localstack_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        # Some services have operations with a host name of their own (api.…, env.…); before an address there is none.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def session(settings: Settings) -> Any:
    """A boto3 session whose clients and resources are of this sandbox unless told otherwise.

    They cannot be sent elsewhere by `AWS_ENDPOINT_URL` and its like, as the endpoint is given to each.
    """
    import boto3

    class SandboxSession(boto3.Session):  # type: ignore[misc]
        def client(self, service_name: str, *args: Any, **values: Any) -> Any:
            return super().client(service_name, *args, **_of_sandbox(settings.localstack_url, values))

        def resource(self, service_name: str, *args: Any, **values: Any) -> Any:
            return super().resource(service_name, *args, **_of_sandbox(settings.localstack_url, values))

    return _new_session(SandboxSession, settings.region)


def _new_client(endpoint: str, region: str, service: str) -> Any:
    import boto3

    return _new_session(boto3.Session, region).client(service, **_of_sandbox(endpoint, {}))


def _new_session(kind: Any, region: str) -> Any:
    import botocore.session

    # A session variable given as a constant is never looked up in the environment or in a file.
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return kind(
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=region,
        botocore_session=core,
    )


def _of_sandbox(endpoint: str, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a client of the sandbox; what is given wins, setting by setting."""
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=50,
        proxies={},
        inject_host_prefix=False,
        s3={"addressing_style": "path"},
    )
    given = values.get("config")
    return {"endpoint_url": endpoint, **values, "config": config.merge(given) if given else config}
