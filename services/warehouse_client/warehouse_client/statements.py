"""Names and values in statements that Redshift takes no parameters for: CREATE USER, GRANT, CREATE EXTERNAL SCHEMA.

A name is checked against what Amp allows, which is less than what Redshift does, and quoted all the same; a value is
quoted, and may not have what quoting alone does not settle.
https://docs.aws.amazon.com/redshift/latest/dg/r_names.html

**Left out:** quoted names with blanks, capitals or other letters, which Redshift takes: InvalidNameError.
"""

import hashlib
import re

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class InvalidNameError(ValueError):
    """A name or value that may not be in a statement; the message says which rule it breaks."""


def identifier(name: str) -> str:
    """A name as a quoted identifier; raises InvalidNameError unless it has small letters, digits and _ alone."""
    if not _NAME.fullmatch(name):
        raise InvalidNameError(
            f"{name!r:.100} is no name: small letters, digits and _, at most 127, and no digit at the beginning"
        )
    return f'"{name}"'


def literal(value: str) -> str:
    """A text as a quoted literal; raises InvalidNameError when it has a backslash or control characters."""
    if "\\" in value or _UNPRINTABLE.search(value):
        raise InvalidNameError("a value may have neither backslashes nor control characters")
    return "'" + value.replace("'", "''") + "'"


def password_hash(user: str, password: str) -> str:
    """The form in which Redshift takes a password without seeing it: "md5" and the digest of password and user.

    https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html
    """
    digest = hashlib.md5(f"{password}{user}".encode(), usedforsecurity=False).hexdigest()
    return f"md5{digest}"
