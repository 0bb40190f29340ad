"""The process: it serves without the rest of the sandbox, and ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import urllib3
from support.ports import free_ports
from support.waiting import eventually
from support.wire_client import Raw, fields
from urllib3.exceptions import HTTPError

from amp_sandbox.settings import PORTS, variable


def health(port: int) -> Any:
    try:
        answer = urllib3.request("GET", f"http://127.0.0.1:{port}/health", retries=False, timeout=2)
    except HTTPError:
        return None
    return json.loads(answer.data)


def test_it_serves_without_localstack_and_ends_on_sigterm(tmp_path: Path) -> None:
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "AWS_"))}
    environment |= {"SANDBOX_HOME": str(tmp_path)} | {variable(name): str(port) for name, port in ports.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "amp_sandbox.warehouse"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        seen = eventually(lambda: health(ports["warehouse_api_port"]), bool, timeout=30, what="the warehouse's health")
        assert seen["healthy"] is True
        assert list(seen["services"]) == ["redshift", "redshift-data"]
        client = Raw(ports["warehouse_port"])
        client.startup(user="nobody", database="amp", driver_version="tests")
        client.read()
        client.message(b"p", b"md5" + b"0" * 32 + b"\0")
        assert fields(client.read()[1])["C"] == "28P01"
        client.close()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
        assert process.returncode in (0, -signal.SIGTERM), output
        assert "Traceback" not in output
    finally:
        process.kill()
