import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import urllib3
from support.ports import free_ports
from support.waiting import eventually
from urllib3.exceptions import HTTPError


def health(port: int) -> Any:
    try:
        answer = urllib3.request("GET", f"http://127.0.0.1:{port}/health", retries=False, timeout=2)
    except HTTPError:
        return None
    return json.loads(answer.data)


def test_it_serves_without_localstack_and_ends_on_sigterm(tmp_path: Path) -> None:
    port, localstack, catalog = free_ports(3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "AWS_"))} | {
        "SANDBOX_HOME": str(tmp_path),
        "SANDBOX_STANDINS_PORT": str(port),
        "SANDBOX_LOCALSTACK_PORT": str(localstack),
        "SANDBOX_CATALOG_API_PORT": str(catalog),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "amp_sandbox.standins"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        seen = eventually(lambda: health(port), bool, timeout=30, what="the stand-ins' health")
        assert seen["healthy"] is True
        assert list(seen["services"]) == ["firehose", "glue", "emr-containers", "mwaa"]
        process.terminate()
        output, _ = process.communicate(timeout=15)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in output
    for service in ("firehose", "glue", "emr-containers", "mwaa"):
        assert (tmp_path / "state" / service).is_dir()
    assert (tmp_path / "state" / "firehose" / "firehose.sqlite").exists()
