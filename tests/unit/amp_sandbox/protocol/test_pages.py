import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.protocol import AwsError
from amp_sandbox.protocol.pages import page_of, position_of, token_of


def refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)


@given(items=st.lists(st.integers(), unique=True).map(sorted), limit=st.integers(1, 5))
def test_pages_follow_one_another_without_gap_or_repetition(items: list[int], limit: int) -> None:
    seen: list[int] = []
    token: str | None = None
    while True:
        after = position_of(token, int, refused)
        left = iter([item for item in items if after is None or item > after])
        page, answer = page_of(left, limit, lambda item: item)
        seen += page
        if "NextToken" not in answer:
            break
        assert len(page) == limit
        token = answer["NextToken"]
    assert seen == items


@pytest.mark.parametrize("token", ["nonsense", "!", token_of("text"), token_of([1])])
def test_a_token_that_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(AwsError, match="is none that this operation gave"):
        position_of(token, int, refused)
