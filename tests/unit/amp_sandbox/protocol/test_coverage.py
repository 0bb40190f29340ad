import pytest

from amp_sandbox.protocol import operation, registry
from amp_sandbox.protocol.coverage import coverage_page


def test_the_page_lists_each_operation_with_what_it_takes_refuses_and_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_operations", {})

    @operation("firehose", "DeleteDeliveryStream", refuses=["AllowForceDelete"])
    def delete_delivery_stream(_ctx: object, _req: object) -> dict[str, object]:
        """Remove a stream,
        wherever it is.

        Left out: a sentence
        of two lines.
        https://docs.aws.amazon.com/firehose/delete.html
        """
        return {}

    page = coverage_page("<!-- note -->")
    assert page.startswith("# AWS operations\n\n<!-- note -->\n")
    head, _, body = page.partition("### ")
    assert "## Amazon Kinesis Firehose (`firehose`)" in head
    assert "1 of 12 operations. Refused by name: `CreateDeliveryStream`, `DescribeDeliveryStream`" in head
    assert "`DeleteDeliveryStream`" not in head
    assert body == (
        "[DeleteDeliveryStream](https://docs.aws.amazon.com/firehose/delete.html)\n\n"
        "Remove a stream, wherever it is.\n\n"
        "- Takes `DeliveryStreamName`\n"
        "- Refuses `AllowForceDelete`\n"
        "- Left out: a sentence of two lines.\n"
    )
