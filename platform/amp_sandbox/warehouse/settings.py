"""A session's settings: SET, SHOW and RESET.

**Left out:** settings of Redshift that change what statements do and that the warehouse has not, such as
`enable_case_sensitive_identifier` (SQLSTATE 0A000), and unknown ones (42704).

https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_ConfigurationRef.html
"""

from collections.abc import Callable, Mapping

from amp_sandbox.warehouse import errors

DEFAULTS: Mapping[str, str] = {
    "analyze_threshold_percent": "10",
    "application_name": "",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "client_min_messages": "notice",
    "datestyle": "ISO, MDY",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "off",
    "describe_field_name_in_uppercase": "off",
    "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on",
    "error_on_nondeterministic_update": "off",
    "extra_float_digits": "0",
    "integer_datetimes": "on",
    "intervalstyle": "postgres",
    "is_superuser": "off",
    "lc_collate": "C",
    "query_group": "default",
    "search_path": '"$user", public',
    "server_encoding": "UTF8",
    "server_version": "8.0.2",
    "session_authorization": "",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_isolation": "serializable",
    "transaction_read_only": "off",
    "wlm_query_slot_count": "1",
}
READ_ONLY = frozenset(
    {"integer_datetimes", "is_superuser", "lc_collate", "server_encoding", "server_version", "session_authorization"}
)
_ALIASES = {"time zone": "timezone", "transaction isolation level": "transaction_isolation"}


def normalized(name: str, value: str) -> tuple[str, str]:
    """A setting's name and value as they are kept. Raises SqlError."""
    name = _ALIASES.get(name.lower(), name.lower())
    if name not in DEFAULTS:
        raise errors.SqlError("42704", f'unrecognized configuration parameter "{name}"')
    if name in READ_ONLY:
        raise errors.SqlError("55P02", f'parameter "{name}" cannot be changed')
    check = _CHECKS.get(name)
    return name, check(name, value) if check is not None else value


def canonical(name: str) -> str:
    """A setting's name as it is kept. Raises SqlError."""
    name = _ALIASES.get(name.lower(), name.lower())
    if name not in DEFAULTS:
        raise errors.SqlError("42704", f'unrecognized configuration parameter "{name}"')
    return name


def milliseconds(value: str) -> int:
    """STATEMENT_TIMEOUT's value. Raises SqlError."""
    units = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
    text = value.strip().lower()
    for unit, times in sorted(units.items(), key=lambda one: -len(one[0])):
        if text.endswith(unit) and text[: -len(unit)].strip().isdigit():
            return int(text[: -len(unit)]) * times
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise errors.invalid_parameter(f'invalid value for parameter "statement_timeout": "{value}"')
    return int(text)


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def check(name: str, value: str) -> str:
        if value.lower() not in allowed:
            raise errors.invalid_parameter(f'invalid value for parameter "{name}": "{value}"')
        return value.lower()

    return check


def _only(*allowed: str) -> Callable[[str, str], str]:
    """Values that are what the warehouse does; others are real, and not supported."""

    def check(name: str, value: str) -> str:
        if value.strip().lower() not in {one.lower() for one in allowed}:
            raise errors.not_supported(f"{name} = {value}")
        return allowed[0]

    return check


def _timeout(_name: str, value: str) -> str:
    return str(milliseconds(value))


def _whole(name: str, value: str) -> str:
    if not value.lstrip("-").isdigit() or len(value) > 9:
        raise errors.invalid_parameter(f'parameter "{name}" requires a numeric value')
    return value


_CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "statement_timeout": _timeout,
    "timezone": _only("UTC", "GMT", "Etc/UTC", "default"),
    "client_encoding": _only("UTF8", "UTF-8", "UNICODE", "utf_8"),
    "datestyle": _only("ISO, MDY", "ISO", "ISO,MDY", "default"),
    "bytea_output": _only("hex"),
    "intervalstyle": _only("postgres"),
    "standard_conforming_strings": _only("on", "true"),
    "default_transaction_isolation": _only("serializable", "repeatable read", "snapshot", "read committed"),
    "transaction_isolation": _only("serializable", "repeatable read", "read committed", "read uncommitted"),
    "default_transaction_read_only": _only("off", "false"),
    "transaction_read_only": _only("off", "false"),
    "enable_case_sensitive_identifier": _only("off", "false"),
    "describe_field_name_in_uppercase": _only("off", "false"),
    "error_on_nondeterministic_update": _only("off", "false"),
    "enable_result_cache_for_session": _one_of("on", "off", "true", "false"),
    "client_min_messages": _one_of(
        "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"
    ),
    "extra_float_digits": _whole,
    "wlm_query_slot_count": _whole,
    "analyze_threshold_percent": _whole,
}
