import pytest

from eval.duplicates import COPIES, Case, boilerplate, briefs, quoting
from tests.near_duplicates import article_text

TEXTS = [article_text(seed) for seed in range(4)]


@pytest.mark.parametrize("case", COPIES, ids=str)
def test_a_case_edits_every_text_and_each_time_alike(case: Case) -> None:
    edited = case.texts(TEXTS)
    assert edited == case.texts(TEXTS)
    assert all(after != before for before, after in zip(TEXTS, edited, strict=True))
    assert case.name in str(case)


def named(name: str, amount: float) -> Case:
    return next(case for case in COPIES if (case.name, case.amount) == (name, amount))


def test_a_cut_leaves_the_start_and_scattered_cuts_leave_the_order() -> None:
    for name in ("cut at the end", "sentences left out"):
        (edited,) = named(name, 0.4).texts(TEXTS[:1])
        lines = TEXTS[0].split("\n")
        places = [lines.index(f"{line}.") for line in edited.rstrip(".").split(". ")]
        assert 12 == len(places)
        assert sorted(places) == places
        assert (name == "cut at the end") == (list(range(12)) == places)


def test_about_as_many_words_are_changed_as_were_asked_for() -> None:
    edited = named("words changed", 0.1).texts(TEXTS)
    pairs = [
        pair for one, other in zip(TEXTS, edited, strict=True) for pair in zip(one.split(), other.split(), strict=True)
    ]
    assert 0.05 < sum(before != after for before, after in pairs) / len(pairs) < 0.15


def test_common_and_quoted_words_are_the_share_that_was_asked_for() -> None:
    common = article_text(9)
    for text in boilerplate(TEXTS, common, 0.25):
        assert 240 == len(text.split())
        assert text.endswith(" ".join(common.split()[:60]))
    assert [200] * 4 == [len(text.split()) for text in quoting(TEXTS, 0.1)]
    assert " ".join(TEXTS[0].split()[:20]) in quoting(TEXTS, 0.1)[1]


def test_briefs_differ_by_one_word() -> None:
    for before, after in zip(*briefs(TEXTS, 2), strict=True):
        pairs = list(zip(before.split(), after.split(), strict=True))
        assert (18, 1) == (len(pairs), sum(one != other for one, other in pairs))
