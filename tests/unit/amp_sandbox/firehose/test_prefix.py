"""Expected values are from https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html, whose examples are of
2018-08-27T10:30:00Z, and from Java's DateTimeFormatter documentation."""

import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose import prefix
from amp_sandbox.firehose.prefix import Expression, ObjectFacts, PrefixError

MOMENT = datetime(2018, 8, 27, 10, 30, 5, 123456, tzinfo=UTC)
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


def data(text: str, **facts: object) -> str:
    return prefix.evaluate(prefix.data_prefix(text), ObjectFacts(arrival=MOMENT, **facts))  # type: ignore[arg-type]


def errors(text: str | None, data_text: str = "") -> str:
    return prefix.evaluate(
        prefix.error_prefix(text, data_text), ObjectFacts(arrival=MOMENT, error_type="processing-failed")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "2018/08/27/10/"),
        ("myprefix/", "myprefix/2018/08/27/10/"),
        ("myprefix-", "myprefix-2018/08/27/10/"),
        ("dt=!{timestamp:yyyy-MM-dd}/", "dt=2018-08-27/"),
        ("!{timestamp:yyyy/MM/dd}/!{timestamp:HH}/", "2018/08/27/10/"),
        ("year=!{timestamp:yyyy}/month=!{timestamp:M}/", "year=2018/month=8/"),
        ("!{timestamp:yyyy'-'MM'-'dd}/h=!{timestamp:HH}/", "2018-08-27/h=10/"),
    ],
)
def test_data_prefixes_are_evaluated_and_end_in_the_hour_without_expressions(text: str, expected: str) -> None:
    assert data(text) == expected


@pytest.mark.parametrize(
    ("text", "data_text", "expected"),
    [
        ("failures/!{firehose:error-output-type}/!{timestamp:yyyy}/", "x/", "failures/processing-failed/2018/"),
        (None, "", "processing-failed/2018/08/27/10/"),
        (None, "logs/", "logs/processing-failed/2018/08/27/10/"),
        ("failures/", "dt=!{timestamp:yyyy}/", "failures/processing-failed/2018/08/27/10/"),
    ],
)
def test_error_prefixes_are_evaluated(text: str | None, data_text: str, expected: str) -> None:
    assert errors(text, data_text) == expected


@pytest.mark.parametrize(
    ("text", "data_text", "said"),
    [
        (None, "!{timestamp:yyyy}/", "ErrorOutputPrefix must be specified"),
        ("e/!{timestamp:yyyy}/", "", "must contain !{firehose:error-output-type}"),
        ("!{firehose:error-output-type}/!{partitionKeyFromQuery:a}", "", "partition key"),
    ],
)
def test_error_prefixes_that_break_a_rule_are_refused(text: str | None, data_text: str, said: str) -> None:
    with pytest.raises(PrefixError, match=re.escape(said)):
        prefix.error_prefix(text, data_text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!{firehose:error-output-type}/", "cannot contain !{firehose:error-output-type}"),
        ("a!{b", "can only appear in an expression"),
        ("!{timestamp}/", "can only appear in an expression"),
        ("!{nope:x}/", "namespace 'nope'"),
        ("!{firehose:nope}/", "not valid in the namespace firehose"),
        ("!{partitionKeyFromLambda:}/", "not valid in the namespace"),
        ("!{timestamp:}/", "needs a pattern"),
        ("!{timestamp:yyyy'}/", "quote"),
        ("!{timestamp:YYYY}/", "'YYYY' are not supported"),
        ("!{timestamp:ddd}/", "'ddd' are not supported"),
        ("!{timestamp:yyyy[MM]}/", "'[', which is not supported"),
    ],
)
def test_data_prefixes_that_break_a_rule_are_refused(text: str, said: str) -> None:
    with pytest.raises(PrefixError, match=re.escape(said)):
        prefix.data_prefix(text)


def test_a_partition_key_is_replaced_and_no_hour_is_added() -> None:
    found = data(
        "t=!{partitionKeyFromLambda:t}/!{partitionKeyFromQuery:q}/", lambda_keys={"t": "poll"}, query_keys={"q": "7"}
    )
    assert found == "t=poll/7/"


def test_a_time_zone_moves_the_timestamp() -> None:
    assert data("!{timestamp:yyyy-MM-dd'T'HH}", zone=ZoneInfo("Asia/Tokyo")) == "2018-08-27T19"


def test_each_random_string_has_eleven_characters_and_is_another() -> None:
    first, second = data("!{firehose:random-string}/!{firehose:random-string}/").split("/")[:2]
    assert re.fullmatch(r"[A-Za-z0-9]{11}", first)
    assert re.fullmatch(r"[A-Za-z0-9]{11}", second)
    assert first != second


def test_an_object_is_named_as_aws_names_it_in_utc() -> None:
    at = datetime(2026, 11, 22, 23, 5, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert prefix.object_name("events", 3, at, UUID, ".gz") == f"events-3-2026-11-22-14-05-09-{UUID}.gz"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yy-M-d", "18-8-27"),
        ("DDD", "239"),
        ("MMM MMMM", "Aug August"),
        ("EEE EEEE e", "Mon Monday 2"),
        ("hh:mm:ss a", "10:30:05 AM"),
        ("SSS n", "123 123456000"),
        ("k K", "10 10"),
        ("X xx xxx Z z VV", "Z +0000 +00:00 +0000 UTC Z"),
        ("''yyyy'' 'o''clock'", "'2018' o'clock"),
    ],
)
def test_patterns_are_written_as_java_writes_them(pattern: str, expected: str) -> None:
    assert prefix.format_timestamp(pattern, MOMENT) == expected


plain = st.text(st.characters(codec="utf-8", exclude_characters="!{}"), max_size=12)


@given(st.lists(st.tuples(plain, st.sampled_from(["yyyy", "MM", "dd", "HH", "DDD"])), min_size=1, max_size=6), plain)
def test_text_around_expressions_is_kept_as_it_is(parts: list[tuple[str, str]], tail: str) -> None:
    text = "".join(f"{before}!{{timestamp:{pattern}}}" for before, pattern in parts) + tail
    written = {"yyyy": "2018", "MM": "08", "dd": "27", "HH": "10", "DDD": "239"}
    assert data(text) == "".join(before + written[pattern] for before, pattern in parts) + tail


@given(st.text(alphabet="!{}:abtimespyMd'", max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parsed = prefix.parse_prefix(text)
    except PrefixError:
        return
    rebuilt = "".join(p if isinstance(p, str) else f"!{{{p.namespace}:{p.value}}}" for p in parsed)
    assert rebuilt == text


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_timestamps_can_be_read_back(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = prefix.format_timestamp("yyyy-MM-dd'T'HH:mm:ss.SSSSSSxx", zoned)
    assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z") == zoned


def test_partition_keys_are_found_by_namespace() -> None:
    parsed = prefix.parse_prefix("!{partitionKeyFromQuery:a}/!{partitionKeyFromLambda:b}/!{partitionKeyFromQuery:c}/")
    assert prefix.partition_keys(parsed, "partitionKeyFromQuery") == {"a", "c"}
    assert Expression("partitionKeyFromLambda", "b") in prefix.expressions(parsed)
