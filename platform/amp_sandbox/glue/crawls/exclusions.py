"""Exclude patterns of crawlers: AWS's globs, made into regular expressions over keys relative to the include path.

https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html#crawler-data-stores-exclude

`*` and `?` stop at a slash, `**` does not; `[…]` is a set of characters, negated by `!`; `{a,b}` is one of several; a
backslash takes the next character as it is. What cannot be read as such a glob is refused.
"""

import re
from collections.abc import Callable, Sequence

from amp_sandbox.glue import errors

_TOKEN = re.compile(r"\*\*|\*|\?|\\.|\[(?P<not>!?)(?P<set>[^\]]+)\]|[{},]|[^\\\[]", re.DOTALL)
_WILDCARDS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def excluded_by(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a key, relative to the include path, is excluded by any of the patterns."""
    compiled = [re.compile(_translated(pattern), re.DOTALL) for pattern in patterns]
    return lambda key: any(one.fullmatch(key) for one in compiled)


def _translated(pattern: str) -> str:
    written, position, in_group = "", 0, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise errors.invalid_input(f"The exclude pattern {pattern!r:.200} is not a glob.")
        position = token.end()
        found = token[0]
        if token["set"] is not None:
            characters = token["set"].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
            written += f"(?!/)[{'^' if token['not'] else ''}{characters}]"
        elif found in ("{", "}"):
            if in_group == (found == "{"):
                raise errors.invalid_input(f"The exclude pattern {pattern!r:.200} has braces that do not match.")
            in_group = found == "{"
            written += "(?:" if in_group else ")"
        elif found == "," and in_group:
            written += "|"
        else:
            written += _WILDCARDS.get(found) or re.escape(found[-1])
    if in_group:
        raise errors.invalid_input(f"The exclude pattern {pattern!r:.200} has braces that do not match.")
    return written
