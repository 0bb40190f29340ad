"""Themes: a show's words say something of its category, and not all."""

from random import Random

from amp_seed import themes, vocabulary


def test_every_category_has_a_theme():
    assert tuple(themes.THEMES) == vocabulary.CATEGORIES


def test_words_favour_their_category_without_giving_it_away():
    rng = Random(5)
    own = other = 0
    for category in vocabulary.CATEGORIES:
        stories = themes.THEMES[category].stories
        for _ in range(500):
            own += themes.show_description(rng, "Ada Abbott", category).split(", with")[0] in stories
            elsewhere = rng.choice([one for one in vocabulary.CATEGORIES if one != category])
            other += themes.show_description(rng, "Ada Abbott", elsewhere).split(", with")[0] in stories
    assert 0.55 < own / 6_000 < 0.7
    assert 0 < other / 6_000 < 0.1


def test_some_words_belong_to_several_categories():
    for words in ("tags", "stories"):
        every = [word for theme in themes.THEMES.values() for word in getattr(theme, words)]
        assert len(set(every)) < len(every)


def test_tags_are_different_from_each_other():
    rng = Random(5)
    for _ in range(200):
        tags = themes.show_tags(rng, "jazz")
        assert len(tags) == len(set(tags)) <= 6


def test_titles_mostly_say_nothing_of_the_category():
    rng = Random(5)
    named = sum(themes.show_title(rng, "news").endswith(themes.THEMES["news"].titles) for _ in range(1_000))
    assert 300 < named < 500
