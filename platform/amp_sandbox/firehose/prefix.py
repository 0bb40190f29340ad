"""Prefixes and names of the S3 objects that Firehose writes.

A prefix is parsed once, when the delivery stream is created, into literal text and ``!{namespace:value}``
expressions, and evaluated for each object. Errors are `PrefixError` and say which rule was broken.
https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html

**Left out:** of Java's DateTimeFormatter patterns, everything but the letters ``y u M L d D H k K h m s S a E
e n X x Z z V`` with quoted text (week-based years, quarters, eras, optional sections, padding): an error when
the stream is created, where AWS would take it.
"""

import re
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

ERROR_OUTPUT_TYPES = ("processing-failed", "format-conversion-failed")
DEFAULT_TIMESTAMP_PATTERN = "yyyy/MM/dd/HH/"

_RANDOM_CHARACTERS = string.ascii_letters + string.digits
_RANDOM_LENGTH = 11
_EXPRESSION = re.compile(r"!\{([^{}:]*):([^{}]*)\}")
_PATTERN_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")
_FORBIDDEN_PATTERN_CHARACTERS = frozenset("[]{}#")

Namespace = Literal["timestamp", "firehose", "partitionKeyFromLambda", "partitionKeyFromQuery"]
NAMESPACES: tuple[Namespace, ...] = (
    "timestamp",
    "firehose",
    "partitionKeyFromLambda",
    "partitionKeyFromQuery",
)


class PrefixError(ValueError):
    """A prefix that breaks one of AWS's rules."""


@dataclass(frozen=True)
class Expression:
    """One ``!{namespace:value}`` of a prefix."""

    namespace: Namespace
    value: str


Prefix = tuple[str | Expression, ...]
"""A parsed prefix: literal text and expressions, in order."""


@dataclass(frozen=True)
class ObjectFacts:
    """What a prefix is evaluated with: the oldest record's arrival, the zone, and the object's keys."""

    arrival: datetime
    zone: tzinfo = UTC
    error_type: str = ""
    lambda_keys: Mapping[str, str] | None = None
    query_keys: Mapping[str, str] | None = None


def parse_prefix(text: str) -> Prefix:
    """Split a prefix into literal text and expressions, checking each expression by itself."""
    parts: list[str | Expression] = []
    end = 0
    for found in _EXPRESSION.finditer(text):
        parts += _literal(text[end : found.start()])
        parts.append(_expression(found[1], found[2]))
        end = found.end()
    return (*parts, *_literal(text[end:]))


def expressions(prefix: Prefix) -> list[Expression]:
    """The expressions of a prefix, in order."""
    return [part for part in prefix if isinstance(part, Expression)]


def partition_keys(prefix: Prefix, namespace: Namespace) -> frozenset[str]:
    """The names of the partition keys that a prefix asks of a namespace."""
    return frozenset(part.value for part in expressions(prefix) if part.namespace == namespace)


def data_prefix(text: str) -> Prefix:
    """The prefix of delivered data. Without a timestamp in it, and without partition keys, the hour is added.

    AWS adds the hour to a prefix that has no expression at all. It says nothing of a prefix with a random
    string alone; that gets the hour here too.
    """
    prefix = parse_prefix(text)
    if any(part.value == "error-output-type" for part in expressions(prefix)):
        raise PrefixError("Prefix cannot contain !{firehose:error-output-type}.")
    if any(part.namespace != "firehose" for part in expressions(prefix)):
        return prefix
    return (*prefix, Expression("timestamp", DEFAULT_TIMESTAMP_PATTERN))


def error_prefix(text: str | None, data_text: str) -> Prefix:
    """The prefix of error output, following AWS's rules on how it depends on the prefix of the data."""
    error_type = Expression("firehose", "error-output-type")
    hour = Expression("timestamp", DEFAULT_TIMESTAMP_PATTERN)
    if not text:
        if "!{" in data_text:
            raise PrefixError("ErrorOutputPrefix must be specified when Prefix contains expressions.")
        return (*parse_prefix(data_text), error_type, "/", hour)
    prefix = parse_prefix(text)
    found = expressions(prefix)
    if any(part.namespace.startswith("partitionKey") for part in found):
        raise PrefixError("ErrorOutputPrefix cannot contain partition key expressions.")
    if not found:
        return (*prefix, error_type, "/", hour)
    if error_type not in found:
        raise PrefixError("ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains expressions.")
    return prefix


def evaluate(prefix: Prefix, facts: ObjectFacts) -> str:
    """The prefix's text for one object."""
    return "".join(part if isinstance(part, str) else _evaluate(part, facts) for part in prefix)


def object_name(stream: str, version: int, at: datetime, unique: uuid.UUID, extension: str) -> str:
    """An object's name after the prefix, as AWS forms it; the time is in UTC.

    https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html#s3-object-name
    """
    return f"{stream}-{version}-{at.astimezone(UTC):%Y-%m-%d-%H-%M-%S}-{unique}{extension}"


def format_timestamp(pattern: str, moment: datetime) -> str:
    """A moment written by a Java DateTimeFormatter pattern; the moment carries its zone."""
    return "".join(
        text if letter is None else _field(letter, width, moment) for letter, width, text in _tokens(pattern)
    )


def _literal(text: str) -> list[str]:
    if "!{" in text:
        raise PrefixError(f"'!{{' can only appear in an expression !{{namespace:value}}: {text!r}.")
    return [text] if text else []


def _expression(namespace: str, value: str) -> Expression:
    match namespace:
        case "timestamp":
            format_timestamp(value, datetime(2000, 1, 1, tzinfo=UTC))
            return Expression("timestamp", value)
        case "firehose" if value in ("random-string", "error-output-type"):
            return Expression("firehose", value)
        case "partitionKeyFromLambda" if value:
            return Expression("partitionKeyFromLambda", value)
        case "partitionKeyFromQuery" if value:
            return Expression("partitionKeyFromQuery", value)
    if namespace in NAMESPACES:
        raise PrefixError(f"The value {value!r} is not valid in the namespace {namespace}.")
    raise PrefixError(f"The namespace {namespace!r} is not one of {', '.join(NAMESPACES)}.")


def _evaluate(part: Expression, facts: ObjectFacts) -> str:
    match part.namespace:
        case "timestamp":
            return format_timestamp(part.value, facts.arrival.astimezone(facts.zone))
        case "firehose" if part.value == "random-string":
            return "".join(secrets.choice(_RANDOM_CHARACTERS) for _ in range(_RANDOM_LENGTH))
        case "firehose":
            return facts.error_type
        case "partitionKeyFromLambda":
            return (facts.lambda_keys or {})[part.value]
        case "partitionKeyFromQuery":
            return (facts.query_keys or {})[part.value]


def _tokens(pattern: str) -> list[tuple[str | None, int, str]]:
    """A pattern as (letter, width, "") for fields and (None, 0, text) for text."""
    if not pattern:
        raise PrefixError("A timestamp expression needs a pattern, as in !{timestamp:yyyy/MM/dd}.")
    tokens: list[tuple[str | None, int, str]] = []
    end = 0
    while end < len(pattern):
        found = _PATTERN_TOKEN.match(pattern, end)
        if found is None:
            raise PrefixError(f"The timestamp pattern {pattern!r} has a quote that is not closed.")
        end = found.end()
        if found[2]:
            tokens.append((found[2], len(found[0]), ""))
        elif found[3] in _FORBIDDEN_PATTERN_CHARACTERS:
            raise PrefixError(f"The timestamp pattern {pattern!r} uses {found[3]!r}, which is not supported.")
        else:
            # '' is a quote by itself; inside quotes it stands for one.
            tokens.append((None, 0, found[3] or found[1].replace("''", "'") or "'"))
    return tokens


def _field(letter: str, width: int, moment: datetime) -> str:
    if letter in _NUMBERS and width <= _MAX_WIDTH.get(letter, width):
        number = _NUMBERS[letter](moment)
        if letter in "yu" and width == 2:
            return f"{number % 100:02}"
        return f"{number:0{width}}"
    text = _text(letter, width, moment)
    if text is None:
        raise PrefixError(f"The timestamp pattern letters {letter * width!r} are not supported.")
    return text


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "y": lambda moment: moment.year,
    "u": lambda moment: moment.year,
    "M": lambda moment: moment.month,
    "L": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.timetuple().tm_yday,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "n": lambda moment: moment.microsecond * 1000,
    # Java's localized day of the week starts on Sunday, in the US.
    "e": lambda moment: moment.isoweekday() % 7 + 1,
}
_MAX_WIDTH = {"M": 2, "L": 2, "d": 2, "D": 3, "H": 2, "k": 2, "K": 2, "h": 2, "m": 2, "s": 2, "e": 2}


def _text(letter: str, width: int, moment: datetime) -> str | None:
    match letter:
        case "S" if width <= 9:
            return f"{moment.microsecond * 1000:09}"[:width]
        case "a" if width == 1:
            return "AM" if moment.hour < 12 else "PM"
        case "M" | "L" if width in (3, 4):
            return _MONTHS[moment.month - 1][: 3 if width == 3 else None]
        case "E" if width <= 4:
            return _DAYS[moment.weekday()][: 3 if width <= 3 else None]
        case "X" | "x" | "Z" | "z" | "V":
            return _zone(letter, width, moment)
    return None


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _zone(letter: str, width: int, moment: datetime) -> str | None:
    offset = moment.strftime("%z")[:5]
    match letter:
        case "X" | "x" if width <= 3:
            if letter == "X" and offset == "+0000":
                return "Z"
            if width == 1:
                return offset[:3] if offset.endswith("00") else offset
            return offset if width == 2 else f"{offset[:3]}:{offset[3:]}"
        case "Z" if width <= 3:
            return offset
        case "z" if width <= 3:
            return moment.tzname()
        case "V" if width == 2:
            return getattr(moment.tzinfo, "key", None) or "Z"
    return None
