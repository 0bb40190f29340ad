import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.runtime import spark
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings


@pytest.mark.parametrize(
    ("cores", "memory_mb", "expected"),
    [
        (2, 4_000, Machine(2, 1, 1024, 1024)),
        (2, 8_000, Machine(2, 1, 1024, 1024)),
        (2, 24_000, Machine(2, 2, 2048, 2048)),  # no more runs than cores
        (8, 16_000, Machine(8, 2, 2048, 2048)),
        (8, 32_000, Machine(8, 5, 2048, 2048)),
        (1, 24_000, Machine(1, 1, 2048, 2048)),
    ],
)
def test_half_the_memory_decides_how_many_runs_there_are_at_once(cores: int, memory_mb: int, expected: Machine) -> None:
    assert spark.size(cores, memory_mb) == expected


def test_each_sandbox_has_a_secret_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    secrets = set()
    for name in ("one", "two"):
        settings = Settings(home=tmp_path / name)
        spark.prepare(settings, {})
        file = spark.cluster_conf(settings.home)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        conf = spark.read_properties(file)
        assert conf["spark.authenticate"] == "true"
        assert conf["spark.master.rest.enabled"] == "false"
        secrets.add(conf["spark.authenticate.secret"])
    assert len(secrets) == 2
    assert min(len(secret) for secret in secrets) >= 32


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    spark.prepare(settings, {})
    secret = spark.read_properties(spark.cluster_conf(tmp_path))["spark.authenticate.secret"]
    for service in spark.services(settings):
        assert secret not in " ".join([*service.arguments, *service.environment.values()])


def test_a_file_with_a_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    file = tmp_path / "conf"
    file.write_text("old, and open to all")
    file.chmod(0o644)
    spark.write_private(file, {"spark.a": "b"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == "spark.a=b\n"


def java_reads(line: str) -> tuple[str, str]:
    """A line as java.util.Properties reads it: https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html"""
    parts: list[list[int]] = [[], []]
    side = position = 0
    while position < len(line):
        character = line[position]
        if character == "\\":
            position += 1
            if line[position] == "u":
                parts[side].append(int(line[position + 1 : position + 5], 16))
                position += 4
            else:
                parts[side].append(ord(line[position]))
        elif side == 0 and character in "=: ":
            side = 1
        else:
            parts[side].append(ord(character))
        position += 1
    key, value = (b"".join(unit.to_bytes(2, "big") for unit in part).decode("utf-16-be") for part in parts)
    return key, value


text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)


@given(value=text)
def test_a_property_arrives_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    file = tmp_path_factory.getbasetemp() / "one.conf"
    spark.write_private(file, {"spark.app.name": value})
    content = file.read_text(encoding="ascii")
    assert content.count("\n") == 1
    assert java_reads(content[:-1]) == ("spark.app.name", value)
