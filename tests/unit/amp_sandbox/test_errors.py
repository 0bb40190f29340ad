from amp_sandbox.errors import SandboxError


def test_the_text_has_what_is_known_line_by_line() -> None:
    assert str(SandboxError("It failed.", "Because.", "Do this.")) == "It failed.\nBecause.\nDo this."
    assert str(SandboxError("It failed.", hint="Do this.")) == "It failed.\nDo this."
