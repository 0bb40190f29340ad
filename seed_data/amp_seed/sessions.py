"""What one listener does in one visit to the app, as steps in the order of time.

A session is a generator, so that it costs little memory while it lasts: of the sessions of a whole week only those that
are open at the same moment exist.

**Left out:** listeners who remember their earlier visits, apart from whom they follow: a poll may be voted in again by
the same person in a later session.
"""

from collections.abc import Iterator
from typing import Any

from amp_seed import vocabulary
from amp_seed.draws import between, pick, weighted
from amp_seed.entities import Show
from amp_seed.ids import uuid4
from amp_seed.listening import FONDNESS, listen
from amp_seed.steps import Exposure, Step, Steps, Visit
from amp_seed.times import MINUTE, SECOND
from amp_seed.world import PROMOTION_LIFT

BASE_PLAY_RATE = 0.25
"""How often a listener who comes across a promotion that is held back plays the show all the same."""

_NOTIFIED = 0.28
_IGNORED = 0.3
_FOLLOWED_BACK = 0.5
_TIDIED_UP = 0.035  # how often a listener goes through the creators followed, and drops one
_LIVE, _LIVE_UNLIKED = 0.85, 0.3  # how often a live show is preferred to a recording, liked and not
_RECORDINGS = 12  # come to a listener's notice before one is chosen
_FOLLOWED = 3.0  # how many times likelier a followed creator's show is chosen
_PLAYS = (0, 1, 1, 1, 2, 2, 3)
_MARGIN = 2 * MINUTE  # nobody tunes in to a show that is nearly over
_SCREENS = ("discover", "schedule", "creator", "profile", "notifications", "settings")
_BUTTONS = ("see_all", "sort", "back", "follow", "share")
_PROMOTION_SLOT = 0.6  # how often the home screen has room for a promotion
_PLACEMENTS = ("home_banner", "discover_tile", "search_top")


def session(visit: Visit, at: int) -> Iterator[Step]:
    """Tell a visit: what brought the listener here, looking around, listening, leaving."""
    rng = visit.rng
    news = _news(visit, at) if visit.signed_in and rng.random() < _NOTIFIED else None
    show: Show | None = None
    if news:
        event_type, notification, show = news
        yield Step(at, event_type, {**notification, "action": "sent"})
        at += visit.pause(5, 600)
        if rng.random() < _IGNORED:
            yield Step(at, event_type, {**notification, "action": "dismissed"})
            return
    started = at
    yield Step(at, "session_started", _launch(visit, "notification" if news else pick(rng, ("cold", "cold", "warm"))))
    if news:
        at += visit.pause(0, 1)
        yield Step(at, event_type, {**notification, "action": "opened"})
        if notification["reason"] == "friend_followed_you" and rng.random() < _FOLLOWED_BACK:
            at += visit.pause(1, 5)
            back = {"followed_kind": "user", "followed_id": notification["friend_id"], "source": "notifications"}
            yield Step(at, "follow_created", back)
    at += visit.pause(0, 2)
    yield visit.view(at, "home")
    if show is None:
        at = yield from _promotion(visit, at)
    elif at < show.ends - _MARGIN:
        at = yield from _play(visit, at, show)
    for _ in range(pick(rng, _PLAYS)):
        at = yield from _look_around(visit, at)
        wanted = _choose(visit, at)
        if wanted:
            at = yield from _play(visit, at, wanted)
    at += visit.pause(1, 40)
    reason = pick(rng, ("closed", "backgrounded", "backgrounded", "timed_out"))
    duration = (at - started) // SECOND
    yield Step(at, "session_ended", {"duration_seconds": duration, "screens_viewed": visit.screens, "reason": reason})


def _news(visit: Visit, at: int) -> tuple[str, dict[str, Any], Show | None] | None:
    """Return a notification for this listener and the show it is about, or None if there is no news."""
    rng = visit.rng
    on_air = [show for show in visit.world.on_air(at) if at < show.ends - _MARGIN]
    common = {"notification_id": uuid4(rng), "channel": pick(rng, ("push", "push", "push", "in_app"))}
    kind = pick(rng, ("friend", "creator", "show"))
    if kind == "friend" and visit.listener.friends:
        reason = pick(rng, ("friend_listening", "friend_joined", "friend_followed_you"))
        show = pick(rng, on_air) if on_air and reason == "friend_listening" else None
        if show is None and reason == "friend_listening":
            return None
        about = {"friend_id": pick(rng, visit.listener.friends), "show_id": show.show_id if show else None}
        return "notification_friend", {**common, **about, "reason": reason}, show
    if kind == "creator" and visit.follows:
        theirs = [show for show in on_air if show.creator.index in visit.follows]
        show = pick(rng, theirs) if theirs else None
        creator = show.creator if show else visit.world.cast[pick(rng, visit.follows)]
        reason = "creator_live" if show else "creator_scheduled_show"
        about = {"creator_id": creator.creator_id, "show_id": show.show_id if show else None}
        return "notification_creator", {**common, **about, "reason": reason}, show
    if kind == "show" and on_air:
        show = _by_taste(visit, on_air)
        reason = "show_promoted" if show.promotion else pick(rng, ("show_starting", "show_reminder"))
        return "notification_show", {**common, "show_id": show.show_id, "reason": reason}, show
    return None


def _launch(visit: Visit, how: str) -> dict[str, Any]:
    network = pick(visit.rng, ("wifi", "wifi", "cellular"))
    home = {"language": visit.listener.language, "timezone": visit.listener.zone}
    return {"launch": how, "network": network, **home}


def _promotion(visit: Visit, at: int) -> Steps:
    """Run the experiment: of those who come across a promoted show, half see its promotion.

    Whether they play it is decided here and nowhere else in the session (`settled`), so that the share of those who do,
    with and without the promotion, differs by its lift and nothing else.
    """
    rng = visit.rng
    promoted = [show for show in visit.world.promoted(at) if not show.ends - _MARGIN <= at < show.ends]
    if not promoted or rng.random() >= _PROMOTION_SLOT:
        return at
    show = visit.settled = _by_taste(visit, promoted)
    promotion = show.promotion
    assert promotion
    exposure = Exposure(promotion.promotion_id, promotion.kind, pick(rng, ("treatment", "holdout")))
    treated = exposure.variant == "treatment"
    where = {"promotion_id": promotion.promotion_id, "show_id": show.show_id, "placement": pick(rng, _PLACEMENTS)}
    at += visit.pause(0, 2)
    yield Step(at, "promotion_shown", {**where, "variant": exposure.variant}, exposure)
    plays = rng.random() < BASE_PLAY_RATE * (PROMOTION_LIFT[promotion.kind] if treated else 1)
    at += visit.pause(1, 9)
    if treated and rng.random() < (0.7 if plays else 0.05):
        yield Step(at, "promotion_clicked", where)
    return (yield from _play(visit, at, show, exposure)) if plays else at


def _look_around(visit: Visit, at: int) -> Steps:
    """Browse: a screen or two, a button, perhaps a search."""
    rng = visit.rng
    for _ in range(between(rng, 0, 2)):
        at += visit.pause(2, 40)
        yield visit.view(at, pick(rng, _SCREENS))
        if rng.random() < 0.4:
            at += visit.pause(1, 10)
            yield Step(at, "button_clicked", {"screen": visit.screen, "button": pick(rng, _BUTTONS), "show_id": None})
    if visit.follows and rng.random() < _TIDIED_UP:
        creator = visit.world.cast[visit.follows.pop(int(rng.random() * len(visit.follows)))]
        at += visit.pause(2, 20)
        gone = {"followed_kind": "creator", "followed_id": creator.creator_id, "source": "profile"}
        yield Step(at, "follow_removed", gone)
    if rng.random() < 0.2:
        at += visit.pause(1, 5)
        yield visit.view(at, "search")
        at += visit.pause(3, 15)
        yield Step(at, "search_performed", _search(visit, at))
    if visit.signed_in and visit.listener.friends and rng.random() < 0.015:
        at += visit.pause(2, 10)
        milestone = {"activity": "milestone", "show_id": None, "visibility": "friends"}
        yield Step(at, "activity_update", milestone)
    return at


def _search(visit: Visit, at: int) -> dict[str, Any]:
    rng = visit.rng
    found = _choose(visit, at) if rng.random() < 0.5 else None
    query = found.title.lower() if found else pick(rng, vocabulary.SEARCHES)
    clicked = found.show_id if found and rng.random() < 0.7 else None
    return {"query": query, "result_count": between(rng, 1 if found else 0, 30), "clicked_show_id": clicked}


def _choose(visit: Visit, at: int) -> Show | None:
    """Choose what to listen to: something live that is liked, mostly, else a recording; None if there is neither."""
    live = [show for show in visit.world.on_air(at) if at < show.ends - _MARGIN and show is not visit.settled]
    if live:
        wanted = _by_taste(visit, live)
        if visit.rng.random() < (_LIVE if _liking(visit, wanted) > FONDNESS else _LIVE_UNLIKED):
            return wanted
    # Popular shows come to notice the most often; of those that do, taste alone decides.
    noticed = [visit.world.recording(visit.rng, at) for _ in range(_RECORDINGS)]
    shows = [show for show in noticed if show and show is not visit.settled]
    likings = {number: _liking(visit, show) for number, show in enumerate(shows)}
    return shows[weighted(likings).pick(visit.rng)] if shows else None


def _by_taste(visit: Visit, shows: list[Show]) -> Show:
    appeals = {number: show.creator.popularity * _liking(visit, show) for number, show in enumerate(shows)}
    return shows[weighted(appeals).pick(visit.rng)]


def _liking(visit: Visit, show: Show) -> float:
    """How much the listener likes a show: by its category, and for its host if he or she follows them."""
    return visit.listener.tastes[show.category] * (_FOLLOWED if show.creator.index in visit.follows else 1)


def _play(visit: Visit, at: int, show: Show, exposure: Exposure | None = None) -> Steps:
    """Go to a show's screen and play it."""
    source = visit.screen or "home"
    at += visit.pause(1, 6)
    yield visit.view(at, "show", show)
    at += visit.pause(1, 10)
    yield Step(at, "button_clicked", {"screen": "show", "button": "play", "show_id": show.show_id})
    at += SECOND
    return (yield from listen(visit, at, show, source, exposure))
