"""Chat: what moderators decide follows from the id, and the text mostly from what they decide."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_seed import AppEvent, chat
from amp_seed.ids import uuid4

COUNT = 20_000


@pytest.fixture(scope="module")
def messages() -> list[tuple[str, str]]:
    """Ids, and texts for them."""
    rng = Random(3)
    ids = [uuid4(rng) for _ in range(COUNT)]
    return [(one, chat.chat_text(rng, one, "Late Night Radio", "Ada Abbott")) for one in ids]


@given(st.uuids(version=4))
def test_a_decision_is_always_the_same(message_id):
    decided = chat.decision(str(message_id))
    assert decided in (chat.FINE, chat.SPAM, chat.ABUSE)
    assert decided == chat.decision(str(message_id))


def test_decisions_come_in_their_shares(messages):
    """Errors go both ways; three standard deviations of 20,000 are 0.007."""
    decided = Counter(chat.decision(one) for one, _ in messages)
    error, spam, abuse = chat.ERROR_SHARE, chat.SPAM_SHARE, chat.ABUSE_SHARE
    assert decided[chat.SPAM] / COUNT == pytest.approx(spam * (1 - error) + (1 - spam) * error / 2, abs=0.007)
    assert decided[chat.ABUSE] / COUNT == pytest.approx(abuse * (1 - error) + (1 - abuse) * error / 2, abs=0.007)


def test_moderators_err_as_often_as_is_said(messages):
    """The phrase is one of spam alone, so whoever decided otherwise has erred."""
    spam = [one for one, text in messages if text.startswith("work from home and earn")]
    assert len(spam) > 100
    erred = sum(chat.decision(one) != chat.SPAM for one in spam) / len(spam)
    assert erred == pytest.approx(chat.ERROR_SHARE, abs=0.05)


def test_no_word_gives_a_message_away(messages):
    """Fans use the words of the rude and of those who sell, too."""
    for word in ("idiot", "trash", "shut up", "dm me", "free ", "link"):
        decided = {chat.decision(one) for one, text in messages if word in text}
        assert chat.FINE in decided
        assert decided - {chat.FINE}


def test_texts_are_whole_and_within_the_contract(messages):
    for _, text in messages:
        assert 0 < len(text) <= 500
        assert not {"{", "}"} & set(text)


def test_the_stream_has_chat_of_every_kind(rows: list[AppEvent]):
    said = [row.event["properties"] for row in rows if row.event["event_type"] == "chat_message"]
    assert len(said) > 500
    assert {chat.decision(one["message_id"]) for one in said} == {chat.FINE, chat.SPAM, chat.ABUSE}
    assert len({one["text"] for one in said}) > len(said) / 4
