import random
import threading

import pytest

from eval.survival.ledger import LONG, Known, Ledger, Slot, compose

RNG = random.Random(4)


def row(slot: Slot, known: Known | None) -> list[dict[str, str]]:
    return [] if known is None else [{"url": slot.url, "id": known.id}]


def kept(ledger: Ledger) -> Slot:
    """A slot with an acknowledged article."""
    slot = ledger.slots[0]
    ledger.begin(slot, ledger.write(slot, RNG))
    ledger.acknowledge(slot, "add")
    return slot


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.of(2)


def test_what_was_acknowledged_and_is_there_is_fine(ledger: Ledger) -> None:
    slot = kept(ledger)
    ledger.settle(row(slot, slot.kept))
    assert ([], 0, 1) == (ledger.problems, ledger.lost, ledger.acknowledged["add"])


@pytest.mark.parametrize("happened", [False, True])
def test_a_change_under_way_may_have_happened_or_not_and_the_other_text_is_gone(ledger: Ledger, happened: bool) -> None:
    slot = kept(ledger)
    before, after = slot.kept, ledger.write(slot, RNG)
    ledger.begin(slot, after)
    now, other = (after, before) if happened else (before, after)
    ledger.settle(row(slot, now))
    assert ([], now, [other]) == (ledger.problems, slot.kept, ledger.gone)
    assert not slot.changing


@pytest.mark.parametrize("happened", [False, True])
def test_a_deletion_under_way_may_have_happened_or_not(ledger: Ledger, happened: bool) -> None:
    slot = kept(ledger)
    now = None if happened else slot.kept
    ledger.begin(slot, None)
    ledger.settle(row(slot, now))
    assert ([], now) == (ledger.problems, slot.kept)


def test_an_acknowledged_article_that_is_missing_is_lost(ledger: Ledger) -> None:
    slot = kept(ledger)
    ledger.settle([])
    assert 1 == ledger.lost == len(ledger.problems)
    ledger.settle([])
    assert 1 == ledger.lost, "it was told already"
    assert slot.kept is None


def test_an_acknowledged_deletion_that_is_back_is_wrong(ledger: Ledger) -> None:
    slot = kept(ledger)
    known = slot.kept
    ledger.begin(slot, None)
    ledger.acknowledge(slot, "delete")
    ledger.settle(row(slot, known))
    assert [f"{slot.url} has {known.id if known else ''} instead of nothing."] == ledger.problems
    assert 0 == ledger.lost


def test_both_texts_of_a_change_at_once_are_wrong(ledger: Ledger) -> None:
    slot = kept(ledger)
    after = ledger.write(slot, RNG)
    ledger.begin(slot, after)
    ledger.settle([*row(slot, slot.kept), *row(slot, after)])
    assert 1 == len(ledger.problems)


def test_articles_that_nobody_sent_are_wrong(ledger: Ledger) -> None:
    ledger.settle([{"url": None, "id": "abc"}])
    assert ["There are articles that nobody sent: abc of None."] == ledger.problems


def test_what_was_gone_before_the_question_must_not_answer_and_what_goes_after_it_may(ledger: Ledger) -> None:
    slot = kept(ledger)
    first = slot.kept
    assert first is not None
    asked_before = ledger.gone_now()
    ledger.begin(slot, None)
    ledger.acknowledge(slot, "delete")
    ledger.heard("When?", ["other", first.id], asked_before)
    assert [] == ledger.problems
    ledger.heard("When?", ["other", first.id], ledger.gone_now())
    assert [f"The article {first.id} answers 'When?', but was deleted or replaced before."] == ledger.problems
    assert first is ledger.latest_gone(RNG)


def test_who_waits_for_changes_is_woken_by_them_or_gives_up(ledger: Ledger) -> None:
    assert not ledger.wait_until_sent(1, 0)
    sending = threading.Thread(target=kept, args=(ledger,))
    sending.start()
    assert ledger.wait_until_sent(1, 20)
    sending.join()


def test_no_two_articles_have_a_name_or_a_text_in_common() -> None:
    made = [compose(number, None, random.Random(number)) for number in range(2000)]
    assert 2000 == len({known.id for known in made}) == len({known.question.split()[4] for known in made})
    lengths = [known.article.text.count(".") for known in made]
    assert (1, LONG) == (min(lengths), max(lengths))
    assert compose(7, None, random.Random(1)) == compose(7, None, random.Random(1))
