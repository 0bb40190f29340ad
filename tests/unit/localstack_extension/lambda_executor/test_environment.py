import json
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.waiting import eventually

from amp_localstack.lambda_executor.environment import Environment, EnvironmentStoppedError, Result
from amp_localstack.lambda_executor.events import Invocation


def invoke(environment: Environment, event: Any = None, **invocation: str) -> Result:
    payload = json.dumps(event).encode()
    return environment.invoke(Invocation("id-1", "arn:aws:lambda:::function:fn", payload, **invocation))


def value(environment: Environment, event: Any = None, **invocation: str) -> Any:
    result = invoke(environment, event, **invocation)
    assert not result.is_error, result
    return json.loads(result.payload)


def error(environment: Environment, event: Any = None) -> tuple[str, str]:
    result = invoke(environment, event)
    assert result.is_error
    payload = json.loads(result.payload)
    return payload["errorType"], payload["errorMessage"]


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_function_gets_its_event_and_answers(make_environment):
    environment = make_environment("def handler(event, context): return {'got': event}")
    assert value(environment, {"a": [1, None, "ü"]}) == {"got": {"a": [1, None, "ü"]}}


def test_the_context_says_what_lambda_says(make_environment):
    environment = make_environment(
        "def handler(event, context): return [context.aws_request_id, context.invoked_function_arn,"
        " context.function_name, context.memory_limit_in_mb, context.client_context.custom,"
        " context.get_remaining_time_in_millis()]"
    )
    *known, remaining = value(environment, client_context='{"custom": {"k": "v"}}')
    assert known == ["id-1", "arn:aws:lambda:::function:fn", "fn", "256", {"k": "v"}]
    assert 5_000 < remaining <= 10_000


def test_a_process_is_reused(make_environment):
    environment = make_environment("import os\nn = 0\ndef handler(*_):\n  global n; n += 1; return [os.getpid(), n]")
    first, second = value(environment), value(environment)
    assert first[0] == second[0]
    assert (first[1], second[1]) == (1, 2)


def test_environments_of_a_function_share_nothing(make_environment):
    source = "import os, tempfile\ndef handler(*_): return [os.getpid(), tempfile.gettempdir()]"
    one, other = value(make_environment(source)), value(make_environment(source))
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_temporary_files_last_as_long_as_the_environment(make_environment):
    environment = make_environment(
        "import os, pathlib\nf = pathlib.Path(os.environ['TMPDIR'], 'f')\n"
        "def handler(*_):\n  seen = f.exists(); f.write_text('x'); return [seen, str(f)]"
    )
    assert value(environment)[0] is False
    seen, path = value(environment)
    assert seen is True
    environment.stop(grace=0)
    assert not Path(path).exists()


# The error types and messages are the runtime client's own, as on AWS:
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("import nothere", "app.handler", "Runtime.ImportModuleError", "Unable to import module 'app'"),
        ("", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("raise ValueError('boom')", "app.handler", "ValueError", "boom"),
        ("", "nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot'"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_the_invocations_error(
    make_environment, source, handler, error_type, message
):
    environment = make_environment(source, handler=handler)
    for _ in range(2):  # the second invocation tries again, and says the same
        found_type, found_message = error(environment)
        assert found_type == error_type
        assert message in found_message


def test_a_failed_initialisation_is_logged_with_what_it_printed(make_environment):
    logs = invoke(make_environment("print('before')\nraise ValueError('boom')")).logs
    assert logs.index("before") < logs.index("[ERROR] ValueError: boom") < logs.index("START RequestId: id-1")
    assert "Status: error\tError Type: ValueError" in logs


def test_an_exception_is_the_functions_error_and_leaves_the_process(make_environment):
    environment = make_environment(
        "import os\ndef handler(event, _):\n  if event: raise KeyError('k')\n  return os.getpid()"
    )
    pid = value(environment)
    result = invoke(environment, event=1)
    payload = json.loads(result.payload)
    assert (payload["errorType"], payload["errorMessage"]) == ("KeyError", "'k'")
    assert payload["requestId"] == "id-1"
    assert "raise KeyError('k')" in payload["stackTrace"][-1]
    assert "Status:" not in result.logs
    assert value(environment) == pid


def test_a_timeout_kills_the_function_and_what_it_started(make_environment):
    environment = make_environment(
        "import os, pathlib, subprocess, time\n"
        "def handler(event, _):\n"
        "  if not event: return 'ok'\n"
        "  child = subprocess.Popen(['sleep', '600'])\n"
        "  print('child', child.pid)\n"
        "  time.sleep(600)\n",
        timeout_s=1,
    )
    result = invoke(environment, event=1)
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-1 Error: Task timed out after 1.00 seconds",
    }
    assert re.search(r"^\d{4}-\d\d-\d\dT[\d:.]+Z id-1 Task timed out after 1.00 seconds$", result.logs, re.MULTILINE)
    assert "Status: timeout" in result.logs
    child = int(re.search(r"child (\d+)", result.logs)[1])
    eventually(lambda: running(child), lambda still: not still, timeout=5)
    assert value(environment) == "ok"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("import sys; sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("import sys; sys.exit(0)", "Runtime exited without providing a reason"),
        ("import os; os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_is_an_exit_error(make_environment, statement, message):
    environment = make_environment(f"def handler(event, _):\n  if event: {statement}\n  return 'ok'")
    assert error(environment, event=1) == ("Runtime.ExitError", f"RequestId: id-1 Error: {message}")
    assert value(environment) == "ok"


def test_a_module_that_ends_the_process_is_an_exit_error(make_environment):
    environment = make_environment("import sys; sys.exit(4)")
    assert error(environment) == (
        "Runtime.ExitError",
        "RequestId: id-1 Error: Runtime exited with error: exit status 4",
    )


def test_a_module_that_takes_too_long_times_out_with_the_function(make_environment, monkeypatch):
    monkeypatch.setattr("amp_localstack.lambda_executor.environment.INIT_LIMIT_S", 0.2)
    environment = make_environment("import time; time.sleep(600)", timeout_s=1)
    assert error(environment)[0] == "Sandbox.Timedout"


def test_a_process_killed_from_outside_while_idle_is_replaced_unnoticed(make_environment):
    environment = make_environment("import os\ndef handler(*_): return os.getpid()")
    pid = value(environment)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: environment._process.exited, bool, timeout=5)
    assert value(environment) != pid


def test_a_process_killed_from_outside_while_busy_is_an_error(make_environment, tmp_path):
    environment = make_environment(
        "import os, time\ndef handler(event, _):\n"
        "  if event: open(event, 'w').write(str(os.getpid())); time.sleep(600)\n  return 'ok'"
    )
    started = tmp_path / "pid"

    def kill() -> None:
        pid = eventually(lambda: started.exists() and started.read_text(), bool, timeout=5)
        os.kill(int(pid), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert error(environment, event=str(started)) == (
        "Runtime.ExitError",
        "RequestId: id-1 Error: Runtime exited with error: signal: killed",
    )
    killer.join()
    assert value(environment) == "ok"


def test_memory_over_the_limit_kills_the_process(make_environment):
    environment = make_environment(
        "import time\ndef handler(event, _):\n"
        "  x = b'x' * (event << 20)\n  if event > 100: time.sleep(600)\n  return len(x)",
        memory_mb=128,
    )
    result = invoke(environment, event=200)
    assert json.loads(result.payload) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: id-1 Error: Runtime exited with error: signal: killed",
    }
    assert "Error Type: Runtime.OutOfMemory" in result.logs
    assert value(environment, event=10) == 10 << 20


def test_memory_of_child_processes_counts(make_environment):
    environment = make_environment(
        "import subprocess, sys, time\ndef handler(*_):\n"
        "  subprocess.run([sys.executable, '-c', 'import time; x = b\"x\" * (200 << 20); time.sleep(600)'])",
        memory_mb=128,
    )
    assert error(environment)[0] == "Runtime.OutOfMemory"


def test_the_report_says_what_was_measured(make_environment):
    environment = make_environment("x = b'x' * (60 << 20)\ndef handler(*_): return 1", memory_mb=200)
    first, second = invoke(environment).logs, invoke(environment).logs
    report = re.search(
        r"REPORT RequestId: id-1\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 200 MB\t"
        r"Max Memory Used: (\d+) MB\tInit Duration: ([\d.]+) ms",
        first,
    )
    duration, billed, used, init = map(float, report.groups())
    assert billed == -(-(duration + init) // 1)
    assert 60 <= used < 128
    assert init > duration
    assert "Init Duration" not in second


def test_all_output_is_between_start_and_end(make_environment):
    environment = make_environment(
        "import sys, logging\nprint('module')\ndef handler(*_):\n"
        "  for n in range(2000): print('line', n)\n"
        "  print('error', file=sys.stderr)\n  logging.getLogger().warning('warned')\n  print('unended', end='')"
    )
    logs = invoke(environment).logs
    lines = logs.splitlines()
    assert lines[:2] == ["module", "START RequestId: id-1 Version: $LATEST"]
    end = lines.index("END RequestId: id-1")
    assert lines[2:2002] == [f"line {n}" for n in range(2000)]
    assert lines[2002] == "error"
    assert lines[2003].startswith("[WARNING]")
    assert lines[2003].endswith("\tid-1\twarned")
    assert lines[2004:end] == ["unended"]


def test_a_function_that_prints_more_than_a_pipe_holds_is_not_blocked(make_environment):
    environment = make_environment("def handler(*_):\n  print('x' * 5_000_000)\n  return 'done'")
    result = invoke(environment)
    assert result.payload == b'"done"'
    assert "x" * 5_000_000 in result.logs


def test_a_response_over_six_megabytes_is_an_error(make_environment):
    environment = make_environment("def handler(event, _): return 'x' * event")
    assert error(environment, event=7 << 20) == (
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    )
    assert len(value(environment, event=6 << 20)) == 6 << 20


def test_the_function_sees_nothing_of_the_process_that_started_it(make_environment, monkeypatch):
    monkeypatch.setenv("SECRET_OF_LOCALSTACK", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    environment = make_environment(
        "import os\ndef handler(*_): return dict(os.environ)",
        given={"AWS_ACCESS_KEY_ID": "key", "LOCALSTACK_HOSTNAME": "h"},
        variables={"MINE": "1"},
    )
    seen = value(environment)
    assert not {"SECRET_OF_LOCALSTACK", "AWS_PROFILE", "LOCALSTACK_HOSTNAME", "PYTEST_CURRENT_TEST"} & set(seen)
    assert (seen["MINE"], seen["AWS_ACCESS_KEY_ID"], seen["_HANDLER"]) == ("1", "key", "app.handler")
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_a_layers_modules_are_found(make_environment, tmp_path):
    (tmp_path / "layer/python").mkdir(parents=True)
    (tmp_path / "layer/python/shared.py").write_text("NAME = 'layer'")
    environment = make_environment("import shared\ndef handler(*_): return shared.NAME", layers=[tmp_path / "layer"])
    assert value(environment) == "layer"


def test_stop_lets_a_running_invocation_finish(make_environment, tmp_path):
    begun = tmp_path / "begun"
    environment = make_environment(
        "import pathlib, time\ndef handler(event, _):\n"
        "  pathlib.Path(event).touch()\n  time.sleep(0.5)\n  return 'finished'"
    )
    results: list[Result] = []
    invoker = threading.Thread(target=lambda: results.append(invoke(environment, event=str(begun))))
    invoker.start()
    eventually(begun.exists, bool, timeout=5)
    environment.stop(grace=10)
    invoker.join()
    assert results[0].payload == b'"finished"'


def test_stop_without_grace_ends_a_running_invocation(make_environment, tmp_path):
    begun = tmp_path / "begun"
    environment = make_environment(
        "import pathlib, time\ndef handler(event, _):\n  pathlib.Path(event).touch()\n  time.sleep(600)", timeout_s=900
    )
    results: list[Result] = []
    invoker = threading.Thread(target=lambda: results.append(invoke(environment, event=str(begun))))
    invoker.start()
    eventually(begun.exists, bool, timeout=5)
    environment.stop(grace=0)
    invoker.join(timeout=10)
    assert json.loads(results[0].payload)["errorType"] == "Runtime.ExitError"


def test_a_stopped_environment_takes_no_invocation(make_environment):
    environment = make_environment("def handler(*_): return 1")
    environment.stop(grace=0)
    with pytest.raises(EnvironmentStoppedError):
        invoke(environment)
