from pathlib import Path

import pytest
from packaging.version import Version

from amp_sandbox.mwaa.requirements import airflow_version, installed, problems

HAS = {"apache-airflow": Version("3.2.1"), "aiobotocore": Version("3.7.0"), "zope-interface": Version("7.0")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n\n",
        "apache-airflow==3.2.1",
        "aiobotocore",
        "AIOBotocore >= 3, < 4  # why",
        "zope.interface==7.0",
        "zope_interface==7.0",
        "aiobotocore==3.7.0 --hash=sha256:abc",
        "aiobotocore==3.7.0 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def",
        '--constraint "https://constraints.example/3.2.1.txt"\naiobotocore',
        "-c /usr/local/airflow/dags/constraints.txt",
        "none-such==1 ; sys_platform == 'win32'",
    ],
)
def test_what_is_installed_is_no_problem(text: str) -> None:
    assert problems(text, HAS) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apache-airflow==3.2.0", "apache-airflow is 3.2.1 here, not ==3.2.0"),
        ("aiobotocore>=4", "aiobotocore is 3.7.0 here, not >=4"),
        ("none-such", "none-such is not installed here"),
        ("none-such==1 ; python_version >= '3'", "none-such is not installed here"),
        ("aiobotocore[boto3]", "'aiobotocore[boto3]': URLs and extras are not supported here"),
        (
            "x @ https://files.example/x.whl",
            "'x @ https://files.example/x.whl': URLs and extras are not supported here",
        ),
        ("-r other.txt", "-r is not supported here"),
        ("--find-links /usr/local/airflow/plugins", "--find-links is not supported here"),
        ("--index-url ../packages", "--index-url is not supported here"),
        ("./local.whl", "'./local.whl' is no requirement"),
        ("what is this", "'what is this' is no requirement"),
    ],
)
def test_what_is_not_is_named(text: str, said: str) -> None:
    assert problems(text, HAS) == [said]


def test_all_problems_are_named() -> None:
    assert problems("a\nb\naiobotocore", HAS) == ["a is not installed here", "b is not installed here"]


def test_the_lock_is_read_for_this_machine(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "zope.interface==7.0 \\\n    --hash=sha256:abc\n    # via x\n"
        "colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:def\n"
        "cffi==2.0.0 ; platform_python_implementation != 'PyPy' \\\n    --hash=sha256:def\n"
    )
    assert installed(lock) == {"zope-interface": Version("7.0"), "cffi": Version("2.0.0")}


def test_the_airflow_here_is_one_that_mwaa_has() -> None:
    """The version that DAGs are developed against: docs/decisions/0002-dependencies.md."""
    assert airflow_version() == "3.2.1"
    assert "apache-airflow-providers-amazon" in installed()
