"""Listening to one show: playback, and what a listener does meanwhile."""

from amp_seed import vocabulary
from amp_seed.chat import chat_text
from amp_seed.draws import between, pick
from amp_seed.entities import Show
from amp_seed.ids import uuid4
from amp_seed.steps import Exposure, Step, Steps, Visit
from amp_seed.times import MINUTE, SECOND

FONDNESS = 2.0
"""A category liked more than so much is sought, and listened to for longer."""

_MINUTES = (1, 2, 3, 4, 6, 8, 10, 13, 17, 22, 30, 45)
_REASONS = ("listener", "listener", "listener", "switched_show", "network", "app_closed")
_POLL_EVERY = 15 * MINUTE
_BITRATES = (48, 64, 96, 128, 128, 192)

# What may happen in a minute of a live show, each with the sum of its own likelihood and those before it.
_LIKE, _CHAT, _POLL, _CALL_IN, _CO_HOST, _ACTIVITY, _BUTTON = 0.11, 0.23, 0.27, 0.285, 0.3, 0.315, 0.325


def listen(visit: Visit, at: int, show: Show, source: str, exposure: Exposure | None = None) -> Steps:
    """Play a show for a while: the fonder of its category, the longer; a live one until it is over at most."""
    rng = visit.rng
    is_live = at < show.ends
    fond = visit.listener.tastes[show.category] > FONDNESS
    wish = int((pick(rng, _MINUTES) + rng.random()) * (1.5 if fond else 0.7) * MINUTE)
    longest = show.ends - at if is_live else show.ends - show.starts
    ends = at + min(wish, longest)
    playback = {"show_id": show.show_id, "playback_id": uuid4(rng), "is_live": is_live}
    startup = between(rng, 120, 900 if rng.random() < 0.95 else 6_000)
    yield Step(at, "playback_started", {**playback, "source": source, "startup_ms": startup}, exposure)
    started, voted, rebuffers = at, -1, 0
    while True:
        # At most one thing a minute, before the minute's heartbeat.
        moment = at + between(rng, SECOND, MINUTE - SECOND)
        step = _interaction(visit, moment, show, is_live, voted) if moment < ends else None
        if step:
            yield step
            if step.event_type == "poll_voted":
                voted = (moment - show.starts) // _POLL_EVERY
        at += MINUTE
        if at >= ends:
            break
        buffering = between(rng, 80, 4_000) if rng.random() < 0.04 else 0
        rebuffers += buffering > 0
        properties = {**playback, "position_seconds": (at - started) // SECOND}
        properties |= {"bitrate_kbps": pick(rng, _BITRATES), "buffering_ms": buffering}
        yield Step(at, "playback_heartbeat", properties)
    reason = "show_ended" if wish >= longest else pick(rng, _REASONS)
    properties = {**playback, "listened_seconds": (ends - started) // SECOND}
    yield Step(ends, "playback_stopped", {**properties, "reason": reason, "rebuffer_count": rebuffers})
    return (yield from _follow_or_not(visit, ends, show, fond))


def _interaction(visit: Visit, at: int, show: Show, is_live: bool, voted: int) -> Step | None:
    """Return what the listener does at that moment, which mostly is nothing."""
    chance = visit.rng.random()
    if chance < _LIKE:
        return Step(at, "like_sent", {"show_id": show.show_id, "likes": between(visit.rng, 1, 12)})
    if chance >= _BUTTON or not is_live or not visit.signed_in:
        return None
    if chance < _CHAT:
        return _chat(visit, at, show) if show.chat_enabled else None
    if chance < _POLL:
        return _vote(visit, at, show, voted) if show.polls_enabled else None
    if chance < _CALL_IN:
        topic = {"topic": pick(visit.rng, vocabulary.CALL_IN_TOPICS), "queue_position": between(visit.rng, 1, 9)}
        return Step(at, "call_in_requested", {"show_id": show.show_id, **topic})
    if chance < _CO_HOST:
        return _join(visit, at, show) if show.max_co_hosts else None
    if chance < _ACTIVITY:
        activity = {"activity": pick(visit.rng, ("listening", "shared_show", "joined_chat")), "show_id": show.show_id}
        visibility = pick(visit.rng, ("friends", "friends", "public", "private"))
        return Step(at, "activity_update", {**activity, "visibility": visibility})
    button = pick(visit.rng, ("share", "open_chat", "remind_me"))
    return Step(at, "button_clicked", {"screen": visit.screen, "button": button, "show_id": show.show_id})


def _chat(visit: Visit, at: int, show: Show) -> Step:
    message_id = uuid4(visit.rng)
    text = chat_text(visit.rng, message_id, show.title, show.creator.name)
    reply_to = uuid4(visit.rng) if visit.rng.random() < 0.15 else None
    message = {"show_id": show.show_id, "message_id": message_id, "text": text, "reply_to": reply_to}
    return Step(at, "chat_message", message)


def _vote(visit: Visit, at: int, show: Show, voted: int) -> Step | None:
    """Vote in the poll that is open, unless this listener just has."""
    number = (at - show.starts) // _POLL_EVERY
    if number == voted:
        return None
    options = 2 + (show.index + number) % 4
    poll_id = f"poll_{show.show_id.removeprefix('show_')}-{number}"
    vote = {"option_index": int(visit.rng.random() * options), "option_count": options}
    return Step(at, "poll_voted", {"show_id": show.show_id, "poll_id": poll_id, **vote})


def _join(visit: Visit, at: int, show: Show) -> Step:
    joined = {"invited_by": show.creator.user_id, "co_host_count": between(visit.rng, 1, show.max_co_hosts)}
    return Step(at, "co_host_joined", {"show_id": show.show_id, **joined})


def _follow_or_not(visit: Visit, at: int, show: Show, fond: bool) -> Steps:
    """After a show its host may win a follower, or lose one."""
    if not visit.signed_in:
        return at
    followed = {"followed_kind": "creator", "followed_id": show.creator.creator_id, "source": "show"}
    at += visit.pause(1, 5)
    if show.creator.index not in visit.follows:
        if visit.rng.random() < (0.15 if fond else 0.05):
            visit.follows.append(show.creator.index)
            yield Step(at, "follow_created", followed)
    elif visit.rng.random() < (0.08 if fond else 0.25):
        visit.follows.remove(show.creator.index)
        yield Step(at, "follow_removed", followed)
    return at
