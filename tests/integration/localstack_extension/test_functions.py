"""Functions as a client of Lambda sees them; how a single environment behaves is in the unit tests."""

import base64
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from support.waiting import eventually


def invoke(functions, name, event=None, **options):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **options)
    return answer, json.loads(answer["Payload"].read())


def test_a_function_is_told_where_aws_is_and_nothing_of_localstack(bare, bare_sandbox, make_function):
    _, seen = invoke(bare("lambda"), make_function("import os\ndef handler(*_): return dict(os.environ)"))
    assert seen["AWS_ENDPOINT_URL"] == bare_sandbox.localstack_url
    own = {"STANDINS_URL", "GATEWAY_LISTEN", "LAMBDA_PROCESS_PYTHON", "LOCALSTACK_HOSTNAME", "LOCALSTACK_RUNTIME_ID"}
    assert not own & set(seen)


def test_a_function_calls_aws_with_a_plain_client(bare, make_function):
    name = make_function(
        "import boto3\nsts = boto3.client('sts')\ndef handler(*_): return sts.get_caller_identity()['Account']"
    )
    assert invoke(bare("lambda"), name)[1] == "000000000000"


def test_the_client_context_reaches_the_function(bare, make_function):
    name = make_function("def handler(_, context): return context.client_context.custom")
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    assert invoke(bare("lambda"), name, ClientContext=context)[1] == {"k": "v"}


def test_logs_are_in_the_tail_and_in_cloudwatch(bare, make_function):
    name = make_function("def handler(*_): print('printed')")
    answer, _ = invoke(bare("lambda"), name)
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert tail[1] == "printed"
    logs = bare("logs")

    def messages() -> list[str]:
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for event in events]

    assert eventually(messages, lambda seen: len(seen) == 4, timeout=10) == tail


def test_logs_go_to_the_configured_group(bare, make_function, unique):
    logs = bare("logs")
    logs.create_log_group(logGroupName=f"/mine/{unique}")
    name = make_function("def handler(*_): print('here')", LoggingConfig={"LogGroup": f"/mine/{unique}"})
    invoke(bare("lambda"), name)
    eventually(
        lambda: [event["message"] for event in logs.filter_log_events(logGroupName=f"/mine/{unique}")["events"]],
        lambda seen: "here\n" in seen,
        timeout=10,
    )


def test_an_error_is_a_function_error(bare, make_function):
    answer, payload = invoke(bare("lambda"), make_function("def handler(*_): raise ValueError('boom')"))
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "ValueError"


def test_concurrent_invocations_have_an_environment_each(bare, make_function, tmp_path):
    name = make_function(
        "import os, pathlib, time\ndef handler(folder, _):\n"
        "  pathlib.Path(folder, str(os.getpid())).touch()\n"
        "  while len(os.listdir(folder)) < 4: time.sleep(0.01)\n"  # each waits for the others
        "  return os.getpid()"
    )
    functions = bare("lambda")
    with ThreadPoolExecutor(4) as pool:
        pids = list(pool.map(lambda _: invoke(functions, name, str(tmp_path))[1], range(4)))
    assert len(set(pids)) == 4
    assert invoke(functions, name, str(tmp_path))[1] in pids


def test_new_code_takes_effect_while_an_invocation_of_the_old_one_finishes(bare, make_function, package, tmp_path):
    functions = bare("lambda")
    name = make_function(
        "import pathlib, time\ndef handler(folder, _):\n"
        "  if folder:\n"
        "    pathlib.Path(folder, 'begun').touch()\n"
        "    while not pathlib.Path(folder, 'end').exists(): time.sleep(0.01)\n"
        "  return 'old'"
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, functions, name, str(tmp_path))
        eventually((tmp_path / "begun").exists, bool, timeout=10)
        functions.update_function_code(FunctionName=name, ZipFile=package(app="def handler(*_): return 'new'"))
        eventually(lambda: invoke(functions, name)[1], lambda answer: answer == "new", timeout=10)
        (tmp_path / "end").touch()
        assert running.result()[1] == "old"


def test_changed_settings_take_effect(bare, make_function):
    functions = bare("lambda")
    name = make_function("import os\ndef handler(_, context): return [os.environ.get('X'), context.memory_limit_in_mb]")
    functions.update_function_configuration(FunctionName=name, MemorySize=192, Environment={"Variables": {"X": "1"}})
    eventually(lambda: invoke(functions, name)[1], lambda answer: answer == ["1", "192"], timeout=10)


def test_later_layers_win(bare, make_function, package, unique):
    functions = bare("lambda")
    layers = [
        functions.publish_layer_version(
            LayerName=f"{unique}-{number}", Content={"ZipFile": package(python__shared=f"N = {number}")}
        )["LayerVersionArn"]
        for number in (1, 2)
    ]
    name = make_function("import shared\ndef handler(*_): return shared.N", Layers=layers)
    assert invoke(functions, name)[1] == 2


def test_a_killed_process_is_an_error_and_then_replaced(bare, make_function, tmp_path):
    functions = bare("lambda")
    name = make_function(
        "import os, pathlib, signal\ndef handler(event, _):\n"
        "  if event: pathlib.Path(event).write_text(str(os.getpid())); signal.pause()\n  return os.getpid()"
    )
    begun = tmp_path / "pid"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, functions, name, str(begun))
        pid = int(eventually(lambda: begun.exists() and begun.read_text(), bool, timeout=10))
        os.kill(pid, signal.SIGKILL)
        answer, payload = running.result()
    assert (answer["FunctionError"], payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert invoke(functions, name)[1] != pid


@pytest.mark.parametrize(
    "settings",
    [{"Runtime": "nodejs20.x"}, {"Environment": {"Variables": {"AWS_REGION": "x"}}}],
    ids=["runtime", "reserved variable"],
)
def test_what_cannot_run_is_refused_at_creation(make_function, settings):
    with pytest.raises(ClientError, match=r"nodejs20\.x is not supported|reserved keys"):
        make_function("", **settings)
