"""Checks a parsed request against the constraints of AWS's service model, in AWS's words.

The models say which members are required, how long strings, blobs and lists may be, which range numbers must
lie in, which pattern strings must match and which values an enum has. Every breach is reported, as AWS does:
"2 validation errors detected: Value null at 'record' failed to satisfy constraint: Member must not be
null; …"

**Left out:**

* Rules that only a service's documentation states; its operations check those themselves.
* Java's `\\p{…}` classes are widened to Python's nearest, so an underscore passes where AWS may refuse it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from amp_sandbox.protocol.errors import AwsError

# How much of a refused value an error repeats.
_LONGEST_VALUE = 256

# Java's classes by Python's; each stands inside a character class or outside one.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{P}": r"!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2027\u2030-\u205e\u3001-\u3003",
}
# The models write characters beyond U+FFFF as UTF-16 pairs.
_SURROGATE_PAIRS = r"\uD800\uDC00-\uDBFF\uDFFF"
_ASTRAL = r"\U00010000-\U0010FFFF"


def require_valid(params: dict[str, Any], shape: Any, *, code: str = "ValidationException") -> None:
    """Raise one AwsError that lists every constraint of ``shape`` (an input shape) that ``params`` breaks."""
    breaches = list(_structure(params, shape, ""))
    if not breaches:
        return
    count = f"{len(breaches)} validation error{'s' if len(breaches) > 1 else ''} detected: "
    raise AwsError(code, count + "; ".join(breaches))


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A model's pattern (Java's dialect) as Python's; the whole value must match it."""
    translated = pattern.replace(_SURROGATE_PAIRS, _ASTRAL)
    for java, python in _JAVA_CLASSES.items():
        translated = translated.replace(java, python)
    return re.compile(translated)


def _check(value: Any, shape: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            if not shape.is_document_type:
                yield from _structure(value, shape, path)
        case "list":
            yield from _length(value, shape, path)
            for index, item in enumerate(value, start=1):
                yield from _check(item, shape.member, f"{path}.{index}.member")
        case "map":
            yield from _length(value, shape, path)
            for key, item in value.items():
                yield from _check(key, shape.key, f"{path}.key")
                yield from _check(item, shape.value, f"{path}.{key}.member")
        case "string":
            yield from _string(value, shape, path)
        case "blob":
            yield from _length(value, shape, path)
        case "integer" | "long" | "float" | "double":
            yield from _range(value, shape, path)


def _structure(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _breach(None, shape.members[name], prefix + _camel(name), "Member must not be null")
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None:
            yield from _check(item, member, prefix + _camel(name))


def _length(value: Any, shape: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _breach(value, shape, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _breach(value, shape, path, f"Member must have length less than or equal to {high}")


def _range(value: Any, shape: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _breach(value, shape, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _breach(value, shape, path, f"Member must have value less than or equal to {high}")


def _string(value: str, shape: Any, path: str) -> Iterator[str]:
    yield from _length(value, shape, path)
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not compile_pattern(pattern).fullmatch(value):
        yield _breach(value, shape, path, f"Member must satisfy regular expression pattern: {pattern}")
    enum = shape.metadata.get("enum")
    if enum is not None and value not in enum:
        yield _breach(value, shape, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")


def _breach(value: Any, shape: Any, path: str, rule: str) -> str:
    return f"Value{_shown(value, shape)} at '{path}' failed to satisfy constraint: {rule}"


def _shown(value: Any, shape: Any) -> str:
    if value is None:
        return " null"
    if shape.metadata.get("sensitive"):
        return ""
    if isinstance(value, bytes):
        return f" 'java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]'"
    text = str(value)
    return f" '{text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + '…'}'"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
