import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.glue.crawls.exclusions import excluded_by
from amp_sandbox.protocol import AwsError


# The examples of https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html#crawler-data-stores-exclude
@pytest.mark.parametrize(
    ("pattern", "excluded", "kept"),
    [
        ("*.csv", ["a.csv", ".csv"], ["a.csv.gz", "folder/a.csv"]),
        ("*.*", ["a.b"], ["ab", "folder/a.b"]),
        ("*.{csv,avro}", ["a.csv", "a.avro"], ["a.json", "a.{csv,avro}"]),
        ("foo.?", ["foo.a"], ["foo.ab", "foo./", "fooxa"]),
        ("myfolder/*", ["myfolder/a", "myfolder/mysource.data"], ["myfolder/a/b"]),
        ("myfolder/*/*", ["myfolder/a/b"], ["myfolder/a", "myfolder/a/b/c"]),
        ("myfolder/**", ["myfolder/a", "myfolder/a/b"], ["other/a", "myfolder"]),
        ("myfolder**", ["myfolder/a/b", "myfolder2/a"], ["a/myfolder"]),
        ("Market*", ["Market", "Market_1"], ["market", "Market/a"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
        ("[!a-c]x", ["dx"], ["ax", "/x"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("a,b+(c)", ["a,b+(c)"], ["a"]),
        ("**.tmp", ["x.tmp", "a/b/x.tmp"], ["x.tmp.gz"]),
    ],
)
def test_globs_are_awss(pattern: str, excluded: list[str], kept: list[str]) -> None:
    holds = excluded_by([pattern])
    assert [key for key in (*excluded, *kept) if holds(key)] == excluded


@pytest.mark.parametrize("pattern", ["{a", "a}", "{a{b}}", "[a", "a\\"])
def test_what_is_no_glob_is_refused(pattern: str) -> None:
    with pytest.raises(AwsError, match=re.escape("exclude pattern")):
        excluded_by([pattern])


@given(st.text(st.characters(exclude_characters="\\*?[]{}"), min_size=1))
def test_a_pattern_without_wildcards_is_itself(text: str) -> None:
    holds = excluded_by([text])
    assert holds(text)
    assert not holds(text + "x")
