"""The plugin in runs of pytest of its own, with a runtime that only records what it is told."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress
from amp_sandbox.settings import Settings
from amp_sandbox.testkit import sharing
from amp_sandbox.testkit.handle import Sandbox

ERROR = SandboxError("The sandbox is not installed completely.", "Missing: spark", "Run: sandbox setup")


class Runtime:
    """Stands in for the sandbox's own starting and stopping."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.homes: list[Path] = []
        self.fails = False

    def up(self, settings: Settings, on_progress: OnProgress) -> None:
        self.calls.append("up")
        self.homes.append(settings.home)
        if self.fails:
            raise ERROR
        (settings.home / "logs").mkdir(parents=True)
        (settings.home / "logs" / "standins.log").write_text("before the test\n")

    def down(self, settings: Settings) -> None:
        self.calls.append("down")


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    made = Runtime()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where the logs of runs that fail stay
    monkeypatch.setattr(sharing, "up", made.up)
    monkeypatch.setattr(sharing, "down", made.down)
    monkeypatch.delenv("AMP_HOME", raising=False)
    return made


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Runs a suite of one file with options."""

    def run(code: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return run


def test_nothing_starts_unless_a_fixture_is_asked_for(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    suite("def test_it(): pass").assert_outcomes(passed=1)
    assert runtime.calls == []


def test_a_run_has_one_sandbox_which_is_stopped_and_leaves_nothing(
    runtime: Runtime, suite: Callable[..., pytest.RunResult]
) -> None:
    code = """
        def test_one(amp_sandbox): assert amp_sandbox.home.is_dir()
        def test_two(amp_sandbox, amp_client, amp_wait, amp_publish): pass
    """
    suite(code).assert_outcomes(passed=2)
    assert runtime.calls == ["up", "down"]
    assert not runtime.homes[0].parent.exists()


def test_it_works_without_xdist(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    suite("def test_it(amp_sandbox): pass", "-p", "no:xdist").assert_outcomes(passed=1)


def test_its_ports_are_its_own(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    code = """
        from amp_sandbox.settings import PORTS, Settings
        def test_it(amp_sandbox):
            assert all(getattr(amp_sandbox.settings, port) != Settings.model_fields[port].default for port in PORTS)
    """
    suite(code).assert_outcomes(passed=1)


def test_a_sandbox_that_does_not_start_is_told_in_a_few_lines_and_tried_once(
    runtime: Runtime, suite: Callable[..., pytest.RunResult]
) -> None:
    runtime.fails = True
    result = suite("def test_one(amp_sandbox): pass\ndef test_two(amp_client): pass")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_one*",
            "The Amp sandbox is not there.",
            "The sandbox is not installed completely.",
            "Missing: spark",
            "Run: sandbox setup",
            "*ERROR at setup of test_two*",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert runtime.calls == ["up", "down"]


def test_what_services_wrote_is_shown_for_a_test_that_fails(
    runtime: Runtime, suite: Callable[..., pytest.RunResult]
) -> None:
    code = """
        def write(sandbox, line):
            with (sandbox.home / "logs" / "standins.log").open("a") as log: log.write(line)
        def test_good(amp_sandbox): write(amp_sandbox, "of the test that passes\\n")
        def test_bad(amp_sandbox):
            write(amp_sandbox, "of the test that fails\\n")
            assert False
        def test_other(): assert False
    """
    result = suite(code)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*Amp sandbox: standins.log*", "of the test that fails"])
    result.stdout.no_fnmatch_line("*of the test that passes*")
    result.stdout.no_fnmatch_line("*before the test*")


def test_the_logs_of_a_failed_run_are_kept_and_named(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    result = suite("def test_bad(amp_sandbox): assert False")
    logs = runtime.homes[0] / "logs"
    result.stdout.fnmatch_lines([f"The logs of the Amp sandbox are in {logs}"])
    assert [path.name for path in logs.iterdir()] == ["standins.log"]


def test_a_sandbox_can_be_kept_to_look_into(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    result = suite("def test_it(amp_sandbox): pass", "--amp-keep")
    assert runtime.calls == ["up"]
    result.stdout.fnmatch_lines([f"*SANDBOX_HOME={runtime.homes[0]} sandbox down"])


@pytest.mark.parametrize("how", ["option", "variable", "ini"])
def test_a_running_sandbox_is_used_and_left_running(
    runtime: Runtime,
    suite: Callable[..., pytest.RunResult],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    asked: list[Path] = []

    def attach(home: Path) -> Sandbox:
        asked.append(home)
        return Sandbox(Settings(home=home))

    monkeypatch.setattr(sharing, "attach", attach)
    home = pytester.path / "mine"
    if how == "variable":
        monkeypatch.setenv("AMP_HOME", "mine")
    if how == "ini":
        pytester.makeini("[pytest]\namp_home = mine\n")
    code = f"def test_it(amp_sandbox): assert str(amp_sandbox.home) == {str(home)!r}"
    suite(code, *(["--amp-home", "mine"] if how == "option" else [])).assert_outcomes(passed=1)
    assert asked == [home]
    assert runtime.calls == []


def test_a_home_without_a_sandbox_is_told(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    result = suite("def test_it(amp_sandbox): pass", "--amp-home", "nowhere")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The sandbox does not run.", "*/nowhere was found.", "Start it with: sandbox up*"])


def test_an_unknown_runtime_is_refused(runtime: Runtime, suite: Callable[..., pytest.RunResult]) -> None:
    result = suite("def test_it(amp_sandbox): pass", "--amp-runtime", "cloud")
    result.stderr.fnmatch_lines(["*invalid choice: 'cloud'*"])


def test_clients_made_during_a_test_are_pointed_at_the_sandbox(
    runtime: Runtime, suite: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")
    code = """
        import os
        def test_it(amp_environment, amp_sandbox):
            names = {name for name in os.environ if name.startswith("AWS_")}
            assert "AWS_PROFILE" not in names
            assert "AWS_ENDPOINT_URL_S3" not in names
            assert os.environ["AWS_ENDPOINT_URL"] == amp_sandbox.endpoint_url
            assert os.environ["SANDBOX_HOME"] == str(amp_sandbox.home)
    """
    suite(code).assert_outcomes(passed=1)


CONFTEST = """
    from pathlib import Path
    from amp_sandbox.testkit import sharing

    CALLS = Path(__file__).with_name("calls")

    def up(settings, on_progress):
        with CALLS.open("a") as calls: calls.write(f"up {settings.home}\\n")

    def down(settings):
        with CALLS.open("a") as calls: calls.write(f"down {settings.home}\\n")

    sharing.up, sharing.down = up, down
"""


def test_parallel_workers_share_one_sandbox(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # each worker would import all that this suite uses
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_it(amp_sandbox): pass")
    plugins = ("-p", "xdist.plugin", "-p", "amp_sandbox.testkit.plugin", "-p", "no:cacheprovider")
    result = pytester.runpytest_subprocess(*plugins, "-n", "2", "--dist", "each")
    result.assert_outcomes(passed=2)
    up, down = (pytester.path / "calls").read_text().splitlines()
    assert (up.split()[0], down.split()[0]) == ("up", "down")
    assert up.split()[1] == down.split()[1]


def test_the_message_survives_the_way_between_processes(tmp_path: Path, runtime: Runtime) -> None:
    runtime.fails = True
    for _ in range(2):
        with pytest.raises(SandboxError) as failure:
            sharing.acquire(tmp_path)
        assert (failure.value.what, failure.value.why, failure.value.hint) == (ERROR.what, ERROR.why, ERROR.hint)
    assert runtime.calls == ["up"]
    assert json.loads((tmp_path / "failed.json").read_text())[0] == ERROR.what
