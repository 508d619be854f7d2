import pytest

from qa.reader.base import Reader, SentenceReader
from tests.questions import as_question
from tests.reader_contract import HARBOUR, PASSAGES, TOWN, ReaderContract, passage


class TestSentenceReader(ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return SentenceReader()

    def test_every_hit_answers_with_itself_by_its_score(self, reader: Reader) -> None:
        candidates = reader.read(as_question("When?"), PASSAGES).candidates
        assert [0.9, 0.7, 0.6, 0.2, 0.1] == [candidate.score for candidate in candidates]
        assert all(candidate.span == candidate.sentence for candidate in candidates)
        assert "It carries bicycles for two crowns." == candidates[0].span.text

    def test_sentences_that_were_not_retrieved_do_not_answer(self, reader: Reader) -> None:
        assert "Dogs travel free." not in [
            one.span.text for one in reader.read(as_question("When?"), PASSAGES).candidates
        ]

    def test_equal_scores_stay_in_the_order_of_the_passages(self, reader: Reader) -> None:
        equal = [passage(TOWN, 0.5), passage(HARBOUR, 0.5)]
        assert [TOWN, HARBOUR] == [one.span.article for one in reader.read(as_question("When?"), equal).candidates]

    def test_no_answer_scores_as_what_shares_nothing(self, reader: Reader) -> None:
        assert 0.0 == reader.read(as_question("When?"), PASSAGES).no_answer
