from pathlib import Path

import pytest

from amp_localstack.lambda_executor.function_environment import (
    RESERVED,
    FunctionSpec,
    build_environment,
    python_path,
)

SPEC = FunctionSpec("fn", "3", "app.handler", "python3.11", "eu-west-1", 256, 30, Path("/code"))


def build(given=None, certificates="", **spec):
    changed = FunctionSpec(**{**SPEC.__dict__, **spec})
    return build_environment(
        changed,
        given or {},
        python=Path("/envs/lambda/bin/python"),
        tmp=Path("/private"),
        runtime_api="127.0.0.1:9",
        endpoint_url="http://127.0.0.1:4566",
        certificates=certificates,
    )


def test_functions_trust_who_signs_for_services_of_this_machine():
    assert build(certificates="/tls/server.crt")["SSL_CERT_FILE"] == "/tls/server.crt"
    assert "SSL_CERT_FILE" not in build()


def test_the_reserved_variables_are_set():
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    environment = build({"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn", "AWS_SECRET_ACCESS_KEY": "s"})
    expected = {
        "_HANDLER": "app.handler",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": "fn",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "3",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
        "AWS_SECRET_ACCESS_KEY": "s",
        "LAMBDA_TASK_ROOT": "/code",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    }
    assert expected.items() <= environment.items()


def test_only_aws_names_are_taken_from_what_is_offered():
    assert "EDGE_PORT" not in build({"EDGE_PORT": "4566"})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_function_cannot_set_a_reserved_variable(name):
    assert build(variables={name: "mine"}).get(name) != "mine"


def test_a_function_may_set_the_others():
    assert (
        build(variables={"TZ": "Europe/Berlin", "AWS_ENDPOINT_URL": "http://x"}).items()
        >= {
            "TZ": "Europe/Berlin",
            "AWS_ENDPOINT_URL": "http://x",
        }.items()
    )


def test_files_of_the_user_who_runs_it_are_out_of_sight():
    environment = build()
    assert environment["HOME"] == environment["TMPDIR"] == "/private"


def test_a_later_layer_wins(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "python/lib/python3.11/site-packages").mkdir(parents=True)
    layers = [tmp_path / "one", tmp_path / "two"]
    assert python_path(layers, "python3.11") == [
        tmp_path / "two/python",
        tmp_path / "two/python/lib/python3.11/site-packages",
        tmp_path / "one/python",
        tmp_path / "one/python/lib/python3.11/site-packages",
    ]
    assert build(layers=layers)["PATH"].startswith(f"{tmp_path}/two/bin:{tmp_path}/one/bin:/envs/lambda/bin:")


def test_a_functions_own_search_path_comes_before_the_layers(tmp_path):
    (tmp_path / "python").mkdir()
    environment = build(layers=[tmp_path], variables={"PYTHONPATH": "/mine"})
    assert environment["PYTHONPATH"] == f"/mine:{tmp_path}/python"


@pytest.mark.parametrize(("log_format", "expected"), [("JSON", "JSON"), ("Text", None)])
def test_the_log_format_reaches_the_runtime(log_format, expected):
    assert build(log_format=log_format).get("AWS_LAMBDA_LOG_FORMAT") == expected
