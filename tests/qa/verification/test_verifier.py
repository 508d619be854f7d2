"""Verifying quotations against articles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.errors import InvalidInput
from index.generations.generation import Generation
from qa.verification import verifier as limits
from qa.verification.verifier import MAX_EXCERPTS, MAX_TEXT, VerifiedExcerpt, Verifier
from tests.indexing import Workspace

BRIDGE = (
    "The harbour bridge did not reopen on Monday – as planned – because 3 of its 14 bearings had cracked.\n"
    "“We will try again in May,” said the engineer Amina Farouk, who leads the repair.\n"
    "The city paid 2.4 million euros for the first part of the work in spring."
)
FERRY = (
    "The ferry carries bicycles for two crowns, and dogs travel free of charge.\n"
    "Its captain wants a second boat before the summer holidays begin."
)


@dataclass(frozen=True)
class Source:
    found: Generation

    def generation(self) -> Generation:
        return self.found


@pytest.fixture
def verifier(tmp_path: Path) -> Iterator[Verifier]:
    workspace = Workspace.open(tmp_path)
    workspace.add(BRIDGE, title="Bridge")
    workspace.add(FERRY, title="Ferry")
    yield Verifier(Source(workspace.update()), workspace.store)
    workspace.close()


def verify(verifier: Verifier, quotation: str) -> VerifiedExcerpt:
    (found,) = verifier.verify(f"> {quotation}")
    return found


@pytest.mark.parametrize("letters", [1, 2, 3])
def test_no_stretch_of_an_article_begins_within_a_word(tmp_path: Path, letters: int) -> None:
    workspace = Workspace.open(tmp_path)
    won = "After a long night of counting the candidate of the harbour party was elected with 54 percent of the vote."
    next_one = "Ingrid Vale then thanked all those who had counted and all those who had come in spite of the weather."
    # The stretch around the second sentence begins with as many letters less of "with".
    workspace.add(f"{won}\nThe rain went on{' and on' * 6}{'n' * letters}.\n{next_one}")
    draft = "Ingrid Vale won 54 percent of the vote."
    (found,) = Verifier(Source(workspace.update()), workspace.store).verify(draft, claims=True)
    workspace.close()
    assert ["with 54 percent of the vote"] == [match.quote.text for match in found.matches]


@pytest.mark.parametrize(
    "quotation",
    [
        "The ferry carries bicycles for two crowns",
        "the ferry carries bicycles for two crowns.",
        "did not reopen on Monday—as planned—because",
        "did not reopen on Monday\u00a0-  as plan\u00adned - because",
        "We will try again in May,” said the engineer",
        "we will try again in May', said the engineer",
        "because 3 of its 14 bearings had cracked. “We will try again",
        "travel free",
    ],
)
def test_what_only_looks_different_is_exact(verifier: Verifier, quotation: str) -> None:
    found = verify(verifier, quotation.replace("', said", ",' said"))
    assert "exact" == found.verdict
    assert () == found.differences
    assert found.matches[0].quote.article.title in {"Bridge", "Ferry"}


@pytest.mark.parametrize(
    ("quotation", "kind", "draft", "source"),
    [
        ("The harbour bridge did reopen on Monday", "left out", "", "not"),
        ("because 4 of its 14 bearings had cracked", "changed", "4", "3"),
        ("The city paid 2.5 million euros for the first part", "changed", "2.5", "2.4"),
        ("The ferry carries bicycles for two euros, and dogs travel free", "changed", "euros", "crowns"),
        ("The ferry always carries bicycles for two crowns", "added", "always", ""),
        ("The ferry carries bicycles for two crowns and dogs travel free", "left out", "", ","),
    ],
)
def test_an_alteration_is_told_with_what_differs(
    verifier: Verifier, quotation: str, kind: str, draft: str, source: str
) -> None:
    found = verify(verifier, quotation)
    assert ("altered", False) == (found.verdict, found.is_marked)
    others = [one for one in found.differences if one.kind != "same"]
    assert [(kind, draft, source)] == [(one.kind, one.draft.strip(), one.source.strip()) for one in others]
    assert quotation == "".join(one.draft for one in found.differences)


def test_a_quotation_joined_from_two_articles_has_both_places(verifier: Verifier) -> None:
    found = verify(verifier, "The ferry carries bicycles for the first part of the work in spring")
    assert "altered" == found.verdict
    assert ["Ferry", "Bridge"] == [one.quote.article.title for one in found.matches]
    assert ["same", "joined", "same"] == [one.kind for one in found.differences]


@pytest.mark.parametrize(
    "quotation",
    [
        "The harbour bridge did not reopen [...] because 3 of its 14 bearings had cracked",
        "The harbour bridge did not reopen … said the engineer Amina Farouk",
        "[T]he ferry carries bicycles",
        "said [she], who leads the repair",
        "[Its] captain wants a second boat [or ship] before the summer",
    ],
)
def test_brackets_and_dots_are_marked_alterations(verifier: Verifier, quotation: str) -> None:
    found = verify(verifier, quotation)
    assert ("altered", True) == (found.verdict, found.is_marked)
    assert all(one.marked for one in found.differences if one.kind != "same")


def test_a_marked_quotation_with_another_alteration_is_not_called_marked(verifier: Verifier) -> None:
    found = verify(verifier, "The harbour bridge did reopen […] because 3 of its 14 bearings had cracked")
    assert ("altered", False) == (found.verdict, found.is_marked)


@pytest.mark.parametrize(
    "quotation",
    [
        "I have never seen such a bridge in all my life",
        "The ferry sank in the harbour before noon",
        "free charge",
        "—",
        "xylophone zebra",
    ],
)
def test_what_was_invented_is_not_found(verifier: Verifier, quotation: str) -> None:
    assert ["not found"] * (quotation != "—") == [one.verdict for one in verifier.verify(f"> {quotation}")]


def test_claims_are_verified_on_request(verifier: Verifier) -> None:
    text = "The city paid 2.4 million euros for the first part of the work in spring. It was cheap."
    assert [] == list(verifier.verify(text))
    (found,) = verifier.verify(text, claims=True)
    assert ("claim", "exact") == (found.excerpt.kind, found.verdict)


def test_a_text_that_is_too_large_is_refused(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="1,000,001 characters"):
        verifier.verify("a" * (MAX_TEXT + 1))
    with pytest.raises(InvalidInput, match="10,000 quotations, more than 1,000"):
        verifier.verify('"some words here" ' * 10 * MAX_EXCERPTS)
    with pytest.raises(InvalidInput, match="characters together"):
        verifier.verify(f'"{"some words here " * 300}"\n\n' * 50)
    assert [] == list(verifier.verify("plain words. " * 70_000))
    assert limits.MAX_TEXT == MAX_TEXT


def test_an_empty_library_has_nothing(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    found = list(Verifier(Source(workspace.update()), workspace.store).verify('"some words here"'))
    assert ["not found"] == [one.verdict for one in found]
    workspace.close()
