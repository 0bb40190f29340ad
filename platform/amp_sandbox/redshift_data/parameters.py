"""Named parameters of statements: `:name` becomes `$1`, and its value is bound, never pasted.

A name in a literal, a quoted identifier, a comment or a cast (`::type`) is none.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-calling.html#data-api-calling-considerations
"""

import re
from collections.abc import Mapping, Sequence

from amp_sandbox.redshift_data import errors

_TOKENS = re.compile(
    r"""
    '(?:[^'\\]|\\.|'')*'            # a literal; Redshift takes backslashes for escapes
    | "(?:[^"]|"")*"
    | --[^\n]*
    | /\*.*?\*/
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    | ::
    | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


def positional(sql: str, given: Mapping[str, str]) -> tuple[str, list[str]]:
    """The statement with `$1`, `$2` … in place of names, and the values in that order.

    Raises ValidationException for a name that has no value. A statement without parameters is left as it is.
    """
    if not given:
        return sql, []
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in given:
            raise errors.invalid(f"Cannot find parameter: {name}")
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _TOKENS.sub(place, sql), [given[name] for name in names]


def require_used(sqls: Sequence[str], given: Mapping[str, str]) -> None:
    """Every parameter is in some statement; raises ValidationException."""
    used = {found["name"] for sql in sqls for found in _TOKENS.finditer(sql)}
    unused = [name for name in given if name not in used]
    if unused:
        raise errors.invalid(f"Parameters list contains unused parameters. Unused parameters: {unused}")
