import random
import threading

import pytest

from eval.survival.ledger import LONG_ARTICLE, KnownArticle, Ledger, Slot, compose_article

RNG = random.Random(4)


def row(slot: Slot, known: KnownArticle | None) -> list[dict[str, str]]:
    return [] if known is None else [{"url": slot.url, "id": known.id}]


def add_article(ledger: Ledger) -> Slot:
    """A slot with an acknowledged article."""
    slot = ledger.slots[0]
    ledger.begin_change(slot, ledger.compose(slot, RNG))
    ledger.acknowledge(slot, "add")
    return slot


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.of(2)


def test_an_acknowledged_article_that_exists_is_no_problem(ledger: Ledger) -> None:
    slot = add_article(ledger)
    ledger.reconcile(row(slot, slot.current))
    assert ([], 0, 1) == (ledger.problems, ledger.lost, ledger.acknowledged["add"])


@pytest.mark.parametrize("happened", [False, True])
def test_a_replacement_in_progress_may_have_happened_or_not(ledger: Ledger, happened: bool) -> None:
    slot = add_article(ledger)
    before, after = slot.current, ledger.compose(slot, RNG)
    ledger.begin_change(slot, after)
    now, other = (after, before) if happened else (before, after)
    ledger.reconcile(row(slot, now))
    assert ([], now, [other]) == (ledger.problems, slot.current, ledger.removed)
    assert not slot.changing


@pytest.mark.parametrize("happened", [False, True])
def test_a_deletion_in_progress_may_have_happened_or_not(ledger: Ledger, happened: bool) -> None:
    slot = add_article(ledger)
    now = None if happened else slot.current
    ledger.begin_change(slot, None)
    ledger.reconcile(row(slot, now))
    assert ([], now) == (ledger.problems, slot.current)


def test_an_acknowledged_article_that_is_missing_is_lost(ledger: Ledger) -> None:
    slot = add_article(ledger)
    ledger.reconcile([])
    assert 1 == ledger.lost == len(ledger.problems)
    ledger.reconcile([])
    assert 1 == ledger.lost, "it was reported already"
    assert slot.current is None


def test_a_deleted_article_that_exists_is_a_problem(ledger: Ledger) -> None:
    slot = add_article(ledger)
    known = slot.current
    ledger.begin_change(slot, None)
    ledger.acknowledge(slot, "delete")
    ledger.reconcile(row(slot, known))
    assert [f"{slot.url} has {known.id if known else ''} instead of nothing."] == ledger.problems
    assert 0 == ledger.lost


def test_both_articles_of_a_replacement_are_a_problem(ledger: Ledger) -> None:
    slot = add_article(ledger)
    after = ledger.compose(slot, RNG)
    ledger.begin_change(slot, after)
    ledger.reconcile([*row(slot, slot.current), *row(slot, after)])
    assert 1 == len(ledger.problems)


def test_articles_that_nobody_sent_are_a_problem(ledger: Ledger) -> None:
    ledger.reconcile([{"url": None, "id": "abc"}])
    assert ["There are articles that nobody sent: abc of None."] == ledger.problems


def test_only_articles_removed_before_the_question_must_not_answer(ledger: Ledger) -> None:
    slot = add_article(ledger)
    first = slot.current
    assert first is not None
    asked_before = ledger.removed_count()
    ledger.begin_change(slot, None)
    ledger.acknowledge(slot, "delete")
    ledger.check_reply("When?", ["other", first.id], asked_before)
    assert [] == ledger.problems
    ledger.check_reply("When?", ["other", first.id], ledger.removed_count())
    assert [f"The article {first.id} answers 'When?', but was deleted or replaced before."] == ledger.problems
    assert first is ledger.recently_removed(RNG)


def test_waiting_for_changes_ends_with_them_or_by_timeout(ledger: Ledger) -> None:
    assert not ledger.wait_until_sent(1, 0)
    sending = threading.Thread(target=add_article, args=(ledger,))
    sending.start()
    assert ledger.wait_until_sent(1, 20)
    sending.join()


def test_no_two_composed_articles_share_a_name_or_an_id() -> None:
    made = [compose_article(number, None, random.Random(number)) for number in range(2000)]
    assert 2000 == len({known.id for known in made}) == len({known.question.split()[4] for known in made})
    lengths = [known.article.text.count(".") for known in made]
    assert (1, LONG_ARTICLE) == (min(lengths), max(lengths))
    assert compose_article(7, None, random.Random(1)) == compose_article(7, None, random.Random(1))
