import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UnreadableDocument
from eval.datasets import read_rows
from eval.user_set import USER_SET, UserSetQuestion, digest_user_set, read_user_set

MILL = (
    "# The mill\n\nAnna Berg bought the mill. In 1990 she sold it to Jo Lee, who shed tears. Anna Berg died in 1999.\n"
)
SALE: dict[str, Any] = {
    "question": "Who sold the mill?",
    "article": "The mill",
    "expected": ["Anna Berg"],
    "evidence": "In 1990 she sold it to Jo Lee, who shed tears.",
    "reference": "she",
}
NO_ANSWER: dict[str, Any] = {"question": "Who built the mill?", "article": "The mill", "expected": []}


def read(folder: Path, *rows: dict[str, Any]) -> list[UserSetQuestion]:
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "articles" / "mill.md").write_text(MILL, encoding="utf-8")
    (folder / "questions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return read_user_set(folder)


def test_a_pronoun_answers_beside_the_nearest_mention_of_its_name(tmp_path: Path) -> None:
    (sale,) = read(tmp_path, SALE)
    text = sale.labelled.context
    start = text.index("Anna Berg")
    assert ((text.index("she"), "she"), (start, "Anna Berg")) == sale.labelled.answers
    assert ((start, start + 9),) == sale.names
    assert "The mill" == sale.labelled.title


def test_a_digest_is_of_questions_and_articles(tmp_path: Path) -> None:
    read(tmp_path, SALE)
    before = digest_user_set(tmp_path)
    assert before == digest_user_set(tmp_path)
    (tmp_path / "articles" / "mill.md").write_text(MILL.replace("1999", "2001"), encoding="utf-8")
    assert before != (changed := digest_user_set(tmp_path))
    read(tmp_path, NO_ANSWER)
    assert digest_user_set(tmp_path) not in {before, changed}


def test_a_sentence_that_names_the_answer_needs_no_pronoun(tmp_path: Path) -> None:
    (buyer,) = read(tmp_path, SALE | {"expected": ["Jo Lee", "Lee"], "reference": "who"})
    assert ["Jo Lee", "Lee"] == [words for _, words in buyer.labelled.answers]
    assert () == buyer.names


def test_what_seems_to_answer_is_known_by_its_start(tmp_path: Path) -> None:
    first, second = read(tmp_path, NO_ANSWER | {"plausible": "Jo Lee"}, NO_ANSWER | {"question": "Who burnt it?"})
    assert () == first.labelled.answers == second.labelled.answers
    assert first.labelled.context.index("Jo Lee") == first.plausible
    assert second.plausible is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"evidence": "In 1991 she sold it."}, "the article does not hold 'In 1991 she sold it.' there"),
        ({"evidence": "Anna Berg"}, "the evidence stands in the article several times: 'Anna Berg'"),
        ({"reference": "he"}, "the article does not hold 'he' there"),
        ({"reference": None, "expected": ["Anna Berg"]}, "the evidence does not hold 'Anna Berg'"),
        ({"expected": ["Ada Brook"]}, "the article does not hold 'Ada Brook' there"),
        ({"expected": "Anna Berg"}, "'expected' is no list of texts"),
        ({"expected": [1]}, "'expected' is no list of texts"),
        ({"article": "The Mill"}, "there is no 'The Mill'"),
        ({"expected": [], "plausible": "Berg b"}, "the article does not hold 'Berg b' there"),
    ],
)
def test_words_that_are_elsewhere_are_refused(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnreadableDocument, match=f"line 1: {problem}"):
        read(tmp_path, SALE | change)


def test_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"line 2: 'Who built the mill\?' is asked of this article twice"):
        read(tmp_path, NO_ANSWER, NO_ANSWER)
    (tmp_path / "articles" / "other.md").write_text(MILL, encoding="utf-8")
    with pytest.raises(UnreadableDocument, match=r"other\.md has no title, or that of another article: The mill"):
        read(tmp_path, NO_ANSWER)


def test_the_set_that_comes_along_has_no_article_and_no_question_of_the_others() -> None:
    questions = [one.labelled for one in read_user_set(USER_SET)]
    assert (14827, 10599) == (sum(bool(one.answers) for one in questions), sum(not one.answers for one in questions))
    assert 1060 == len({one.title for one in questions})
    folders = [path for path in USER_SET.parents[1].rglob("questions.jsonl") if path.parent != USER_SET]
    assert len(folders) > 5
    others = [row for path in folders for row in read_rows(path, dict)]
    assert {one.title for one in questions}.isdisjoint({row.get("article") for row in others})
    assert {one.question for one in questions}.isdisjoint({row["question"] for row in others})
