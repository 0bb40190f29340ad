"""The chat of live shows, and what moderators decide about it.

Most messages are fine, some are spam, some are abuse. Which a message is follows from its id alone, so that a desk of
moderators can be played without knowing the stream: `decision` is what it decided. The text is written for it; that is
no secret that words give away for sure, as fans say "sick" and "trash" too, spammers ask politely, and abuse can do
without any rude word.

**Left out:** conversations, as messages do not answer each other. Languages but English, apart from a few lines. Slurs:
the abuse is mild. Moderators with a bent of their own: they err whatever the text.
"""

from random import Random
from uuid import UUID

from amp_seed import vocabulary
from amp_seed.draws import pick

FINE, SPAM, ABUSE = "fine", "spam", "abuse"
SPAM_SHARE, ABUSE_SHARE = 0.12, 0.10
ERROR_SHARE = 0.03
"""How often moderators decide wrongly."""

_SIMPLE = 0.5  # of what is fine, how much is one of the lines that everybody writes
_DISGUISED = 0.3  # how often spam and abuse are spelt so that a list of words misses them
_DISGUISE = str.maketrans({"e": "3", "o": "0", "i": "1", "a": "@"})
_PARTS = 10_000


def decision(message_id: str) -> str:
    """Return what the moderators decided about a message: "fine", "spam" or "abuse". Always the same."""
    kind = _kind(message_id)
    number = UUID(message_id).int // _PARTS % _PARTS
    if number >= ERROR_SHARE * _PARTS:
        return kind
    others = [other for other in (FINE, SPAM, ABUSE) if other != kind]
    return others[number % len(others)]


def chat_text(rng: Random, message_id: str, title: str, host: str) -> str:
    """Return the text of a message in the chat of a show."""
    kind = _kind(message_id)
    lines = {FINE: vocabulary.CHAT_CONVERSATION, SPAM: vocabulary.CHAT_SPAM, ABUSE: vocabulary.CHAT_ABUSE}[kind]
    if kind == FINE and rng.random() < _SIMPLE:
        lines = vocabulary.CHAT_LINES
    text = pick(rng, lines).format(
        title=title,
        host=host.split()[0],
        place=pick(rng, vocabulary.PLACES),
        thing=pick(rng, vocabulary.CHAT_THINGS),
        other=pick(rng, vocabulary.CHAT_THINGS),
        verdict=pick(rng, vocabulary.CHAT_VERDICTS),
        feeling=pick(rng, vocabulary.CHAT_FEELINGS),
        prize=pick(rng, vocabulary.CHAT_PRIZES),
        insult=pick(rng, vocabulary.CHAT_INSULTS),
    )
    return _disguised(rng, text) if kind != FINE and rng.random() < _DISGUISED else text


def _kind(message_id: str) -> str:
    share = UUID(message_id).int % _PARTS / _PARTS
    if share < SPAM_SHARE:
        return SPAM
    return ABUSE if share < SPAM_SHARE + ABUSE_SHARE else FINE


def _disguised(rng: Random, text: str) -> str:
    """Spell a word or two of a text another way."""
    return " ".join(word.translate(_DISGUISE) if rng.random() < 0.4 else word for word in text.split(" "))
