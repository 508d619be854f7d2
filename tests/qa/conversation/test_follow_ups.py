import pytest

from qa.conversation.follow_ups import follow_ups, read_in_conversation
from qa.conversation.history import Conversation, Turn
from qa.query.parser import parse_question
from qa.query.question_types import QuestionType


def conversation(*turns: str) -> Conversation:
    """Make a conversation of turns such as "Who left? Ann"."""
    parts = (turn.partition("?") for turn in turns)
    return Conversation(tuple(Turn(f"{question}?", answer.strip() or None) for question, _, answer in parts))


def understood(question: str, *turns: str, ignored: tuple[str, ...] = ()) -> list[str]:
    return [one.text for one in read_in_conversation(question, conversation(*turns), ignored)]


CAPTAIN = "Who was the captain of the Aldra Star? Jonas Breck"
OFFICER = "Who led the search? Commander Anna Lund"


@pytest.mark.parametrize(
    ("question", "turns", "expected"),
    [
        ("How old is he?", [CAPTAIN], "How old is Jonas Breck?"),
        ("And how old is he?", [CAPTAIN], "how old is Jonas Breck?"),
        ("How old is he?", [CAPTAIN, OFFICER], "How old is Jonas Breck?"),
        ("How old is she?", [OFFICER, "Who was on board? Captain John Breck"], "How old is Commander Anna Lund?"),
        ("Who is his lawyer?", [CAPTAIN], "Who is Jonas Breck's lawyer?"),
        ("What happened to him?", [CAPTAIN], "What happened to Jonas Breck?"),
        ("How long is it?", ["When was the bridge in Tarn opened? 1962"], "How long is the bridge in Tarn?"),
        ("When was its roof repaired?", ["Who owns the old mill? Ann"], "When was the roof of the old mill repaired?"),
        ("How many people live there?", ["Where is the mill? Tarn"], "How many people live in Tarn?"),
    ],
)
def test_a_pronoun_stands_for_what_fits_it_best(question: str, turns: list[str], expected: str) -> None:
    assert expected == understood(question, *turns)[0]


@pytest.mark.parametrize(
    ("question", "turn", "expected"),
    [
        ("And how many did the union say?", "How many jobs will go at Tarn? 450", "how many jobs did the union say?"),
        ("how many were saved", "How many people were on the ferry? 90", "how many people were saved, the ferry?"),
        (
            "Who was it before?",
            "Who is the mayor of Tarn? Ann Lund",
            "Who was Ann Lund's predecessor as mayor of Tarn?",
        ),
        ("who is it now?", "Who was the mayor of Tarn? Ann Lund", "Who is the mayor of Tarn now?"),
        ("And on Thursday?", "How many were missing on Tuesday? Five", "How many were missing on Thursday?"),
        ("what about Friday", "How many were missing on Tuesday? Five", "How many were missing on Friday?"),
        ("and now?", "How much is the fare? Two crowns", "How much is the fare now?"),
    ],
)
def test_a_count_or_another_time_is_asked_with_the_words_of_the_former_question(
    question: str, turn: str, expected: str
) -> None:
    assert expected == understood(question, turn)[0]


def test_a_question_with_its_own_count_keeps_it() -> None:
    assert [] == understood("How many buses did the town of Ulm buy?", "How many jobs will go at Tarn? 450")


def test_a_follow_up_may_refer_to_a_follow_up() -> None:
    turns = (CAPTAIN, "Where does he live? Penholm", "Is he married? He is not.")
    assert ["How old is Jonas Breck?"] == understood("How old is he?", *turns)


@pytest.mark.parametrize(
    ("question", "turns", "expected"),
    [
        ("And why?", ["When was the bridge closed? on Monday"], "Why was the bridge closed?"),
        ("Why not?", ["Did the board accept the offer? no"], "Why did the board not accept the offer?"),
        ("When was that?", ["Who has resigned? Ged Farrow"], "When has Ged Farrow resigned?"),
        ("And where?", ["When will the final be played? 27 May"], "Where will the final be played?"),
        ("When did that happen?", ["How many people died in the flood? 12"], "When people died in the flood?"),
    ],
)
def test_a_question_word_alone_asks_the_former_question_again(question: str, turns: list[str], expected: str) -> None:
    assert [expected] == understood(question, *turns)


@pytest.mark.parametrize(
    ("question", "turns", "expected"),
    [
        ("What about Armenia?", ["How many people live in Georgia? 3.7 million"], "How many people live in Armenia?"),
        ("And in Kenya?", ["How many people died in Chad? 12"], "How many people died in Kenya?"),
        ("How about Kurt Albin?", ["How long was Rolf Tasker in prison? 5"], "How long was Kurt Albin in prison?"),
        ("and of the Gannet?", [CAPTAIN], "Who was the captain of the Gannet?"),
        ("And in 2021?", ["How many people died of cholera? 12"], "How many people died of cholera in 2021?"),
    ],
)
def test_a_name_takes_the_place_of_one_in_the_former_question(question: str, turns: list[str], expected: str) -> None:
    assert [expected] == understood(question, *turns)


@pytest.mark.parametrize("question", ["Who else?", "and who else?", "Any others?"])
def test_others_are_asked_for_without_the_answers_given(question: str) -> None:
    turns = conversation("Who wants to buy Lumora? Halden", "Who else? Arvel")
    (found,) = read_in_conversation(question, turns)
    assert ("Who wants to buy Lumora?", ("Halden", "Arvel")) == (found.text, found.excluded)


def test_a_question_without_a_topic_gets_that_of_the_conversation_first() -> None:
    assert ["How many survived, Aldra Star?", "How many survived?"] == understood("How many survived?", CAPTAIN)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Saldo?",
        "When did Luther publish his theses?",
        "How long does it take to get to Penholm?",
        "What did Tesla say when he left Prague?",
        "How many people lost their jobs at Lumora?",
        "Why did the Normans think that they had won?",
        "Is it possible to visit Gull Rock?",
        "thanks",
        "How are you?",
    ],
)
def test_a_question_that_stands_alone_is_read_as_without_a_conversation(question: str) -> None:
    parsed = parse_question(question)
    assert [parsed] == follow_ups(question, parsed, conversation(CAPTAIN, "Who else was on board? Emil Nyberg"))


@pytest.mark.parametrize("question", ["Who is the mayor of Saldo?", "And why?", "What about Kenya?"])
def test_without_a_conversation_a_question_stands_alone(question: str) -> None:
    parsed = parse_question(question)
    assert [parsed] == follow_ups(question, parsed, Conversation())


@pytest.mark.parametrize(
    "question", ["How old is he?", "and where was she?", "Who is that?", "Are you sure?", "And before that?"]
)
def test_without_a_conversation_it_is_asked_what_a_follow_up_means(question: str) -> None:
    (found,) = follow_ups(question, parse_question(question), Conversation())
    assert QuestionType.SMALL_TALK is found.type
    assert found.hint is not None


@pytest.mark.parametrize(
    ("question", "turn", "expected"),
    [
        ("Are you sure?", "How many ships came? 44 ships", "How many ships came?"),
        ("Says who?", "How many ships came? 44 ships", "How many ships came?"),
        (
            "Who is that?",
            "How deep is the wreck? Commander Anna Lund said it lies at 40 metres.",
            "Who is Commander Anna Lund?",
        ),
        ("Which one?", "Is another company interested in Lumora? Yes", "Which other company is interested in Lumora?"),
        ("Which ones?", "How many heaters are recalled? Two", "Which heaters are recalled?"),
        ("And before that?", "Who runs the port now? Torsten Vale", "Who was Torsten Vale's predecessor at the port?"),
        ("And before him?", "Who is the mayor of Tarn? Olaf Berg", "Who was Olaf Berg's predecessor as mayor of Tarn?"),
        ("Who came after her?", "Who was the mayor of Tarn? Ann Lund", "Who is Ann Lund's successor as mayor of Tarn?"),
        (
            "And before her?",
            "Who was Olaf Berg's predecessor as mayor of Tarn? Ann Lund",
            "Who was Ann Lund's predecessor as mayor of Tarn?",
        ),
        ("Since when?", "Who leads the port? Ann Lund", "Since when is it Ann Lund who leads the port?"),
        ("And now?", "How many children were in Kell in May 2022? 19", "How many children were in Kell now?"),
        ("And the second?", "How high was the first fine? 12 euros", "How high was the second fine?"),
        (
            "And according to the union?",
            "How many jobs will go according to Halden? 620",
            "How many jobs will go according to the union?",
        ),
    ],
)
def test_a_few_fixed_words_ask_on_from_the_former_question(question: str, turn: str, expected: str) -> None:
    assert expected == understood(question, turn)[0]


def test_a_name_after_who_is_asked_about_and_is_no_answer() -> None:
    turns = conversation("Who came second in the Tarn election? Olaf Berg came second, 61 votes behind.")
    replaced, about = read_in_conversation("and Marsden?", turns)
    assert ("Marsden",) == replaced.excluded
    assert about.text.startswith("Marsden, ")


def test_the_articles_of_the_conversation_are_searched_once_more() -> None:
    found = follow_ups("How old is he?", parse_question("How old is he?"), conversation(CAPTAIN))
    assert found[0].preference < found[-1].preference
    assert "Jonas Breck How old is he?" == found[-1].history[-len("Jonas Breck How old is he?") :]
    ignoring = follow_ups("Who else?", parse_question("Who else?"), conversation(CAPTAIN), ["Jonas Breck"])
    assert all("Breck" not in one.history for one in ignoring)


def test_what_is_ignored_is_not_used() -> None:
    turns = (OFFICER, "Who chairs the inquiry? Ms Hollis")
    assert ["How old is Ms Hollis?"] == understood("How old is she?", *turns)
    assert ["How old is Commander Anna Lund?"] == understood("How old is she?", *turns, ignored=("Ms Hollis",))
    assert ["Why has Ged Farrow resigned?"] == understood(
        "And why?", "Who has resigned in Calder? Ged Farrow", ignored=("Calder",)
    )


def test_the_words_kept_are_told() -> None:
    found, *_ = follow_ups("How old is he?", parse_question("How old is he?"), conversation(CAPTAIN))
    assert ("Jonas Breck",) == found.kept


def test_many_marks_between_the_words_that_lead_to_a_follow_up_are_passed_over() -> None:
    lead = "ok,,,," * 100
    assert ["Why was the bridge closed?"] == understood(f"{lead}and why?", "When was the bridge closed? on Monday")
    assert [] == understood(f"{lead}Did Ann Lee see the bridge of Tarn in 1962?", CAPTAIN)


@pytest.mark.parametrize("question", ["And why?", "Who else?", "When was that?", "And in Kenya?"])
def test_nothing_is_asked_again_where_all_of_the_former_question_is_ignored(question: str) -> None:
    assert [] == understood(question, "Aldra Star?", ignored=("Aldra Star",))
