import threading

import pytest
from support.waiting import eventually

from amp_sandbox.audit import Audit, StreamAudit
from amp_sandbox.console.auditor import Auditor
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings


def found(lost: int) -> Audit:
    return Audit((StreamAudit("app-events", 10, 10 - lost, 0, 0, 0, 0, lost, 0),))


def test_the_latest_verdict_is_kept_for_everybody() -> None:
    auditor = Auditor(Settings(), lambda _settings: found(2))
    assert auditor.latest is None
    verdict = auditor.ask()
    assert auditor.latest is verdict
    assert (verdict.lost, verdict.published, verdict.audit.clean) == (2, 10, False)


def test_one_audit_at_a_time() -> None:
    go_on = threading.Event()
    began = threading.Event()

    def slow(_settings: Settings) -> Audit:
        began.set()
        go_on.wait(20)
        return found(0)

    auditor = Auditor(Settings(), slow)
    other = threading.Thread(target=auditor.ask)
    other.start()
    assert began.wait(20)
    with pytest.raises(SandboxError, match="under way"):
        auditor.ask()
    go_on.set()
    other.join(20)
    assert eventually(lambda: auditor.latest, bool, timeout=5)


def test_an_audit_that_fails_lets_the_next_one_in() -> None:
    answers = [SandboxError("Nothing was published yet."), found(0)]

    def run(_settings: Settings) -> Audit:
        answer = answers.pop(0)
        if isinstance(answer, SandboxError):
            raise answer
        return answer

    auditor = Auditor(Settings(), run)
    with pytest.raises(SandboxError):
        auditor.ask()
    assert auditor.ask().audit.clean
