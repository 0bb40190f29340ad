"""What shows of a category are called, tagged and announced with: words from which a category can be told, mostly.

Some words belong to more than one category, and many shows say nothing of theirs, as in any real catalogue.
"""

from random import Random
from typing import NamedTuple

from amp_seed import vocabulary
from amp_seed.draws import between, pick

_NAMED = 0.4  # how often a title has a word of the category
_TOLD = 0.6  # how often a description tells of the category
_MISLEADING = 0.12  # how often it tells of another one: a guest, a joke, a theme night
_TAGGED = 0.45  # how often each tag of the category is set


class Theme(NamedTuple):
    """The words of one category."""

    titles: tuple[str, ...]
    tags: tuple[str, ...]
    stories: tuple[str, ...]


THEMES = {
    "hip-hop": Theme(
        ("Cypher", "Bars", "Block Party"),
        ("freestyle", "producers", "mixtape"),
        ("Bars, beats and new verses", "Producers play what they made this week", "A freestyle round over old samples"),
    ),
    "pop": Theme(
        ("Chart Show", "Singalong", "Hit Parade"),
        ("charts", "singalong", "remixes"),
        ("The charts, and who climbs them", "Choruses that everybody knows", "New singles and their remixes"),
    ),
    "talk": Theme(
        ("Roundtable", "Confidential", "Debate Club"),
        ("advice", "relationships", "opinion"),
        ("Guests argue, callers decide", "Advice on work, love and neighbours", "One question, an hour of opinions"),
    ),
    "rock": Theme(
        ("Amplifier", "Garage", "Riff"),
        ("guitars", "concerts", "vinyl"),
        ("Guitars from garage to stadium", "Live recordings of loud bands", "Records that were made to be played loud"),
    ),
    "sports": Theme(
        ("Overtime", "Locker Room", "Kickoff"),
        ("matchday", "transfers", "scores"),
        ("Every match of the weekend, argued over", "Scores, transfers and rumours", "Players tell of the last minute"),
    ),
    "latin": Theme(
        ("Fiesta", "Ritmo", "Verano"),
        ("reggaeton", "salsa", "dance"),
        (
            "Reggaeton, salsa and everything to dance to",
            "New singles from Medellín to Madrid",
            "A party in two languages",
        ),
    ),
    "country": Theme(
        ("Front Porch", "Honky Tonk", "Backroads"),
        ("songwriters", "acoustic", "nashville"),
        ("Songwriters and the stories behind a verse", "Guitars, trucks and heartbreak", "New voices out of Nashville"),
    ),
    "comedy": Theme(
        ("Roast", "Punchline", "Improv"),
        ("stand-up", "improv", "sketches"),
        (
            "Stand-ups try out what is not funny yet",
            "Guests improvise, callers heckle",
            "One question, an hour of bad answers",
        ),
    ),
    "electronic": Theme(
        ("Warehouse", "Afterhours", "Bassline"),
        ("dj-set", "remixes", "dance"),
        ("A DJ set without a break", "Producers play what they made this week", "Basslines for an empty dance floor"),
    ),
    "news": Theme(
        ("Briefing", "Headlines", "Dispatch"),
        ("politics", "economy", "opinion"),
        (
            "The day's headlines and what they leave out",
            "Reporters call in from where it happens",
            "Politics, explained",
        ),
    ),
    "jazz": Theme(
        ("Blue Note", "Quartet", "Swing"),
        ("improvisation", "vinyl", "standards"),
        ("Standards, and who plays them now", "Live recordings of small bands", "An improvised hour at the piano"),
    ),
    "classical": Theme(
        ("Overture", "Concerto", "Nocturne"),
        ("orchestra", "opera", "piano"),
        (
            "Symphonies, one movement at a time",
            "Opera for those who say they hate it",
            "An hour of piano, and who wrote it",
        ),
    ),
}


def show_title(rng: Random, category: str) -> str:
    """Return a title; it may have a word of the category."""
    endings = THEMES[category].titles if rng.random() < _NAMED else vocabulary.SHOW_ENDINGS
    return f"{pick(rng, vocabulary.SHOW_OPENINGS)} {pick(rng, endings)}"


def show_description(rng: Random, host: str, category: str) -> str:
    """Return a description; it may tell of the category, or of another one."""
    chance, told = rng.random(), category
    if chance < _MISLEADING:
        told = pick(rng, vocabulary.CATEGORIES)
    stories = THEMES[told].stories if chance < _MISLEADING + _TOLD else vocabulary.STORIES
    return f"{pick(rng, stories)}, with {host}. {pick(rng, vocabulary.PROMISES)}"


def show_tags(rng: Random, category: str) -> list[str]:
    """Return a few tags, perhaps none; some go with the category."""
    general = rng.sample(vocabulary.TAGS, between(rng, 0, 3))
    return [*(tag for tag in THEMES[category].tags if rng.random() < _TAGGED), *general]
