"""The one exception that users of the sandbox are meant to see.

Whatever goes wrong for a reason the user can act on is raised as a SandboxError; the command line prints it
in a few lines and exits with 1. Every other exception is a bug and keeps its traceback.
"""


class SandboxError(Exception):
    """Something failed that the user can understand and mend.

    `what` is one sentence on what failed, `why` the cause as far as it is known (it may have several lines),
    and `hint` what to do next.
    """

    def __init__(self, what: str, why: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)
