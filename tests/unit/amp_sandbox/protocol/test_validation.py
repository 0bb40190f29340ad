from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from amp_sandbox.protocol import AwsError
from amp_sandbox.protocol.validation import compile_pattern, require_valid

SERVICES = ("firehose", "glue", "emr-containers", "redshift", "redshift-data")


def shape(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation).input_shape


def refusal(params: dict[str, Any], operation: str, service: str = "firehose") -> str:
    with pytest.raises(AwsError) as raised:
        require_valid(params, shape(service, operation))
    assert (raised.value.code, raised.value.status) == ("ValidationException", 400)
    return raised.value.message


def test_a_valid_request_passes() -> None:
    require_valid({"DeliveryStreamName": "a-b_c.d", "Record": {"Data": b""}}, shape("firehose", "PutRecord"))


# The sentences are AWS's: https://docs.aws.amazon.com/firehose/latest/APIReference/CommonErrors.html and what
# its endpoints answer to such requests.
@pytest.mark.parametrize(
    ("operation", "params", "sentence"),
    [
        (
            "DescribeDeliveryStream",
            {},
            "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "DescribeDeliveryStream",
            {"DeliveryStreamName": "a b"},
            (
                "Value 'a b' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular"
                " expression pattern: [a-zA-Z0-9_.-]+"
            ),
        ),
        (
            "DescribeDeliveryStream",
            {"DeliveryStreamName": "a" * 65},
            (
                f"Value '{'a' * 65}' at 'deliveryStreamName' failed to satisfy constraint: Member must have length"
                " less than or equal to 64"
            ),
        ),
        (
            "ListDeliveryStreams",
            {"Limit": 0},
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "ListDeliveryStreams",
            {"Limit": 10_001},
            "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
        ),
        (
            "ListDeliveryStreams",
            {"DeliveryStreamType": "Puts"},
            (
                "Value 'Puts' at 'deliveryStreamType' failed to satisfy constraint: Member must satisfy enum value"
                " set: [DirectPut, KinesisStreamAsSource, MSKAsSource, DatabaseAsSource]"
            ),
        ),
        (
            "PutRecordBatch",
            {"DeliveryStreamName": "s", "Records": []},
            "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "PutRecordBatch",
            {"DeliveryStreamName": "s", "Records": [{"Data": b""}, {}]},
            "Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
        ),
        (
            "PutRecord",
            {"DeliveryStreamName": "s", "Record": {"Data": bytes(1_024_001)}},
            (
                "Value 'java.nio.HeapByteBuffer[pos=0 lim=1024001 cap=1024001]' at 'record.data' failed to satisfy"
                " constraint: Member must have length less than or equal to 1024000"
            ),
        ),
    ],
)
def test_a_breach_is_told_in_aws_words(operation: str, params: dict[str, Any], sentence: str) -> None:
    assert refusal(params, operation) == f"1 validation error detected: {sentence}"


def test_every_breach_is_told() -> None:
    message = refusal({"Record": {}}, "PutRecord")
    assert message == (
        "2 validation errors detected: "
        "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'record.data' failed to satisfy constraint: Member must not be null"
    )


def test_map_keys_and_values_are_checked() -> None:
    message = refusal({"name": "c", "tags": {"": "v" * 257}}, "CreateVirtualCluster", "emr-containers")
    assert "at 'tags.key' failed to satisfy constraint: Member must have length greater than" in message
    assert "at 'tags..member' failed to satisfy constraint: Member must have length less than" in message


def test_a_sensitive_value_is_not_repeated() -> None:
    settings = {"RedshiftDestinationConfiguration": {"Password": "short"}, "DeliveryStreamName": "s"}
    message = refusal(settings, "CreateDeliveryStream")
    assert "Value at 'redshiftDestinationConfiguration.password' failed" in message
    assert "short" not in message


def test_a_long_value_is_cut() -> None:
    assert len(refusal({"DeliveryStreamName": "a" * 100_000}, "DescribeDeliveryStream")) < 600


def patterns(shape: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if shape.name in seen:
        return
    seen |= {shape.name}
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    inner = {
        "structure": lambda: shape.members.values(),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }
    for member in inner.get(shape.type_name, list)():
        yield from patterns(member, seen)


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_services_compiles(service: str) -> None:
    model = get_service_model(service)
    shapes = [model.operation_model(name).input_shape for name in model.operation_names]
    for pattern in {pattern for shape in shapes if shape for pattern in patterns(shape)}:
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Zürich 東京 9", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a,b", False),
        (r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$", "aws:owner", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "live 📻", True),
        (r"[a-z]+", "abc\n", False),
    ],
)
def test_java_patterns_are_read_as_java_does(pattern: str, text: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(text)) is matches


@given(st.integers(min_value=-5, max_value=10_010))
def test_a_range_is_inclusive(limit: int) -> None:
    if 1 <= limit <= 10_000:
        require_valid({"Limit": limit}, shape("firehose", "ListDeliveryStreams"))
    else:
        refusal({"Limit": limit}, "ListDeliveryStreams")
