import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from qa.answers.span_completion import SpanCompletion
from qa.types import Candidate, Quote
from tests.questions import as_question

QUESTIONS = st.sampled_from(
    ["Who is it?", "When will it open?", "How many are there?", "What is it?", "Where is it?", "How long is it open?"]
)
PIECES = st.lists(
    st.sampled_from([*'"“”() .,-$%', "12", "May", "2027", "not ", "before ", "Ana ", "Ruiz", "and ", "km", "until "]),
    min_size=1,
    max_size=12,
)


def completed(question: str, marked: str) -> str:
    """Complete the span that square brackets mark in a text."""
    start, end = marked.index("["), marked.index("]") - 1
    article = Article.from_draft(Draft(marked.replace("[", "").replace("]", ""), title="News"))
    candidate = Candidate(Quote(article, start, end), Quote(article, 0, len(article.text)), 1.0)
    return SpanCompletion(as_question(question)).completed(candidate).span.text


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("By how much did exports change?", "Exports changed by -[12.4]% last year.", "-12.4%"),
        ("What is the hotline's number?", "Call +[44 20 7946 0958] for help.", "+44 20 7946 0958"),
        ("How much did the bridge cost?", "The bridge cost $[1.2] million in all.", "$1.2 million"),
        ("How heavy may a bag be?", "A bag may weigh up to [40] kg.", "up to 40 kg"),
        ("What share of voters stayed at home?", "About [30] per cent of voters stayed at home.", "30 per cent"),
        ("When is the gallery open?", "The gallery is open from [9] to 17 on weekdays.", "9 to 17"),
        ("When is the book fair?", "The book fair runs from [12] to 14 May.", "12 to 14 May"),
        (
            "By how much will rents go up?",
            "Rents will go up by between 3 and [5] per cent.",
            "between 3 and 5 per cent",
        ),
        ("When is the strike?", "The strike is on [18 November] 2026 in Lyon.", "18 November 2026"),
        ("Where is the clinic?", "The clinic is at 12 [Tar Lane], behind the church.", "12 Tar Lane"),
        ("When does the concert begin?", "The concert begins at [7] p.m. in the hall.", "7 p.m."),
        ("How cold was it?", "It was -[5] °C at dawn.", "-5 °C"),
        ("What was the result of the quarter?", "Profit moved by +[3.1] points.", "+3.1 points"),
        ("How much aid was sent?", "The EU sent €[2.5] billion.", "€2.5 billion"),
        ("How far is the village from the coast?", "It lies [5] km inland.", "5 km"),
        ("What is the office's phone number?", "Ring (01632) [960 123] before noon.", "(01632) 960 123"),
        ("What time does the bakery open?", "The bakery opens at [7] a.m. on weekdays.", "7 a.m."),
        ("At what time did the train leave?", "The train left at 6.[40] p.m. on 3 May.", "6.40 p.m."),
        ("What time is the pool open?", "The pool is open [10 a.m.] to 8 p.m. daily.", "10 a.m. to 8 p.m."),
        ("What time is the pool open?", "It is open until [8] p.m. daily.", "until 8 p.m."),
        ("When is the clinic open?", "It is open 8 a.m. to [6] p.m. daily.", "8 a.m. to 6 p.m."),
        ("When was the law passed?", "The law was passed on March [3], 2024 by a vote.", "March 3, 2024"),
        ("When does the festival take place?", "It takes place between 3 and [9 August].", "between 3 and 9 August"),
        ("How much does a room cost?", "A room costs 80 to [120] euros.", "80 to 120 euros"),
        ("How cold was it?", "It was −[5] °C at dawn.", "−5 °C"),
        ("What does a berth cost?", "A berth costs [15] € a night.", "15 €"),
        ("What does a berth cost?", "A berth costs NOK [120] a night.", "NOK 120"),
        ("What does a berth cost?", "A berth costs [120] kr per night.", "120 kr"),
        ("What does a berth cost?", "A berth costs CHF [5.50] or EUR 6.", "CHF 5.50"),
    ],
)
def test_numbers_dates_and_addresses_are_whole(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It is [birk@market-hall].museum, and it is read.", "birk@market-hall.museum"),
        ("It is cole_99@[club].info.", "cole_99@club.info"),
        ("It is [https://gull-bakery].dev/menu?day=mon, and so on.", "https://gull-bakery.dev/menu?day=mon"),
        ("See [www.gull]-bakery.dev/a_(b)/c.", "www.gull-bakery.dev/a_(b)/c"),
        ("See [gull-bakery].dev/menu/ or ask.", "gull-bakery.dev/menu/"),
        ("See ([gull-bakery.dev]).", "gull-bakery.dev"),
        (f"It is [https://x.example/{'a-' * 50}]b.html now.", f"https://x.example/{'a-' * 50}b.html"),
    ],
)
def test_mail_and_web_addresses_are_whole(text: str, answer: str) -> None:
    assert answer == completed("Which museum has a market hall, a club or a bakery?", text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (
            "What is the telephone number of the harbour master?",
            "It is paid to the harbour master, [Brindle Quay No. 4], Tel. +47 22 33 44 55, or at the bank.",
            "+47 22 33 44 55",
        ),
        ("What is the club's e-mail address?", "The [club] has cole_99@club.info.", "cole_99@club.info"),
        ("Which website has the menu?", "The [menu] is on gull-bakery.dev.", "gull-bakery.dev"),
        ("What is the phone number?", "Call [the office], +47 22 33 44 55 or +47 22 33 44 56.", "the office"),
        ("Who has a phone number?", "[Per Dahl] has +47 22 33 44 55.", "Per Dahl"),
    ],
)
def test_the_only_number_or_address_of_the_kind_that_is_asked_for_is_the_answer(
    question: str, text: str, answer: str
) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Who is the Kremlin's spokesman?", "The spokesman, [Dmitry] Peskov, denied it.", "Dmitry Peskov"),
        (
            "Who has run the campsite since 2015?",
            "Since 2015 Tove and [Magnus Reddick] have run it.",
            "Tove and Magnus Reddick",
        ),
        ("Who chairs the board?", "The board is chaired by Dr. Ana [Ruiz] now.", "Ana Ruiz"),
        ("Who wrote the report?", "The report was written by [Maria] Okafor and her team.", "Maria Okafor"),
        ("Who won?", "The winner was [José] García.", "José García"),
        ("Who won?", "Łukasz [Żak-Śliwa] won.", "Łukasz Żak-Śliwa"),
        ("Who won?", "The cup went to Åsa and [Örjan Ek].", "Åsa and Örjan Ek"),
        ("Who won?", "The winner was [Inés] de los Ríos.", "Inés de los Ríos"),
        ("Who won?", "The winner was Otto van der [Meer].", "Otto van der Meer"),
        ("Which poet lived here?", "The poet Karel van [Loon] lived here.", "Karel van Loon"),
        ("Who won?", "The winner was [Seán] O'Dowd of Marle.", "Seán O'Dowd"),
        ("Who won?", "The winner was Moira [D’Arcy].", "Moira D’Arcy"),
        ("Who won?", "[Julian] Tarbet won.", "Julian Tarbet"),
        ("Who made the loan?", "[Tarbet] & Sons made the loan.", "Tarbet & Sons"),
        ("Whose boat sank?", "Ada [Brook's] boat sank.", "Ada Brook's"),
        ("Who won?", "The Communist [Party] won.", "Communist Party"),
        ("Who resigned?", "In May Theresa [May] resigned.", "Theresa May"),
        ("Who resigned?", "Yesterday Will [Smith] resigned.", "Will Smith"),
        ("Where is it?", "It is in New [York].", "New York"),
        ("Who reported it?", "The Sunday [Times] reported it.", "Sunday Times"),
    ],
)
def test_names_are_whole(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Who resigned?", "Although [Putin] resigned, nothing changed.", "Putin"),
        ("Who resigned?", "Yesterday [Smith] resigned.", "Smith"),
        ("Who resigned?", "Apparently [Smith] resigned.", "Smith"),
        ("Who resigned?", "On Tuesday [Smith] resigned.", "Smith"),
        ("Who resigned?", "In May [Smith] resigned.", "Smith"),
        ("Who was elected?", "They elected [Smith] Tuesday night.", "Smith"),
        ("Where was he arrested?", "He was arrested in [Paris] Monday.", "Paris"),
        ("Where was the battle?", "The Battle of [Marle] was the last.", "Marle"),
        ("Which country won?", "The Kingdom of [Marle] won.", "Marle"),
        ("What was the browser called?", "It was the Paris-based [Skiff].", "Skiff"),
        ("Where was he arrested?", "He was arrested in [Paris] May 4.", "Paris"),
        ("Where does it rain?", "It rains, and inside Greater [Paris] it snows.", "Greater Paris"),
    ],
)
def test_a_name_has_no_neighbours(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("How much is the ticket?", "The price rose from 4 to [6] euros.", "6 euros"),
        ("How many visitors has the hall?", "It was enlarged from 40 to [60] seats.", "60"),
        ("How much is the fee?", "The fee went from €4 to [€6].", "€6"),
        ("How much does a room cost?", "Rooms cost from 80 to [120] euros.", "80 to 120 euros"),
        ("When is the gallery open?", "The gallery opens from [9] to 17.", "9 to 17"),
    ],
)
def test_a_change_of_value_is_no_range(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (
            "What did the rebels demand?",
            'They want the "immediate [release" civilians] need.',
            '"immediate release" civilians',
        ),
        ("What did the treaty ban?", "It banned mines (all [anti-personnel) mines].", "(all anti-personnel) mines"),
        ("What did the critic call it?", 'She called it a [tour de force"] and left.', "tour de force"),
        ("What did he say?", "[„Nein“ sagte er laut]!", "„Nein“ sagte er laut"),
        ("What did he say?", "Er rief [„Nein] danke“!", "„Nein danke“"),
        ("What did he say?", "Er rief »Nein [danke«]!", "»Nein danke«"),
        ("What did he say?", "Han ropade ”Nej [tack”]!", "”Nej tack”"),
        ("What did he say?", "Il dit « Non [merci »] !", "« Non merci »"),
        ("What did he say?", "(He cried “No [thanks”] twice).", "“No thanks”"),
    ],
)
def test_quotations_and_brackets_have_both_marks(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (
            "When will the museum reopen?",
            "The museum will not reopen before [April 2027].",
            "not reopen before April 2027",
        ),
        ("When is the road closed?", "The road is closed until [Friday] 22 May for works.", "until Friday 22 May"),
        ("What is happening to the plant?", "The plant could [close next year], unions fear.", "could close next year"),
        (
            "When can the pool be used again?",
            "It won't be used again before [the summer].",
            "won't be used again before the summer",
        ),
        ("What does the firm plan?", "The firm does not [pay a dividend] this year.", "not pay a dividend"),
        (
            "When is the ferry due back?",
            "It is not expected back until [May 2027].",
            "not expected back until May 2027",
        ),
        ("How much does a course cost?", "A course costs at least [900 crowns].", "at least 900 crowns"),
        (
            "How much does a second bag cost?",
            "A second bag costs [9 euros], provided it is booked online.",
            "9 euros, provided it is booked online",
        ),
        (
            "When is the hut open?",
            "It is open on [Sundays] only if the weather is fine.",
            "Sundays only if the weather is fine",
        ),
        (
            "How much is lunch?",
            "The tour takes in lunch, which is not part of the fee of [30 euros].",
            "not part of the fee of 30 euros",
        ),
        ("What do doctors say about the drug?", "The drug may [cause drowsiness] in children.", "may cause drowsiness"),
    ],
)
def test_what_turns_the_meaning_round_is_kept(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("What may happen to the plant?", "The plant could [close next year].", "close next year"),
        ("How many people live there?", "Some [12,000] people live there.", "12,000"),
        ("How many kilometres long is it?", "It is [42] kilometres long.", "42"),
        ("When did the war begin?", "The war lasted from [1914] to 1918.", "1914"),
        ("In what year was it built?", "It was built on 4 May [1931].", "1931"),
        ("What time does the bakery open?", "The bakery is open from [7 a.m.] to 3 p.m.", "7 a.m."),
        ("When does the bakery close?", "The bakery is open from 7 a.m. to [3] p.m.", "3 p.m."),
        ("What time does the concert begin?", "It begins at [7 p.m.] on 3 May.", "7 p.m."),
        ("Until when can one apply?", "Applications are taken until [Monday] 3 June 2026.", "Monday 3 June 2026"),
    ],
)
def test_what_the_question_says_or_asks_for_alone_stays_out(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("What did he say about it?", "He said that [three meetings] were held.", "three meetings were held"),
        ("What does Ana accuse Bo of?", "Ana says that Bo has [stolen her boat].", "Bo has stolen her boat"),
        ("What does he think caused it?", "He suspects that [a dredger] struck it.", "a dredger"),
    ],
)
def test_what_somebody_says_is_answered_by_all_their_words(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


@pytest.mark.parametrize(
    ("question", "answer"), [("Which foods are sold?", "cod, hake and ling"), ("Name two foods that are sold", "hake")]
)
def test_a_list_is_whole_where_all_of_it_is_asked_for(question: str, answer: str) -> None:
    assert answer == completed(question, "They sell cod, [hake] and ling.")


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Who had seven birds?", "[Her own garden, she] said, had seven birds.", "Her own garden"),
        ("How warm did it get?", "It warmed up to [12 degrees].", "12 degrees"),
        ("How was he described?", "They described him [as tall].", "tall"),
        ("What was sold?", "They sold [salt and] then left.", "salt"),
        ("What is on at 20.00?", "20.00 [News in Bemba\n21.00] Choir", "News in Bemba"),
        ("Which languages are used?", "News in Lozi, [Nyanja] and Bemba\n21.00", "Lozi, Nyanja and Bemba"),
        (
            "What was the row about?",
            "It was [about money and after their leader had fallen ill].",
            "about money",
        ),
        ("What is he accused of?", "He is accused of [fraud and] that.", "fraud"),
        ("Which trades do they follow?", "They are a [baker, a smith and a cook].", "a baker, a smith and a cook"),
        (
            "Which crimes is he accused of?",
            "He is accused of [fraud] and of forging the report; he denies it.",
            "fraud and of forging the report",
        ),
    ],
)
def test_a_span_ends_with_its_clause(question: str, text: str, answer: str) -> None:
    assert answer == completed(question, text)


def test_a_whole_sentence_goes_without_its_dateline() -> None:
    sentence = "MARLE, Tolvia (Northern Wire) - Rain fell on Tuesday."
    assert "Rain fell on Tuesday." == completed("Did it rain?", f"[{sentence}]")


def test_a_name_before_a_possessive_stays() -> None:
    assert "Composer" == completed("What was the job of the tenant?", "[Composer] Antonín Dvořák's house stood here.")


def test_a_whole_sentence_stays() -> None:
    assert "He may go" == completed("When does he go?", "[He may go]")


@given(QUESTIONS, PIECES, st.data())
def test_a_span_grows_within_its_sentence_or_loses_its_ends(
    question: str, pieces: list[str], data: st.DataObject
) -> None:
    article = Article.from_draft(Draft("First. " + "".join(pieces) + "x. Last", title="News"))
    sentence = Quote(article, 7, len(article.text) - 5)
    start = data.draw(st.integers(sentence.start, sentence.end - 1))
    span = Quote(article, start, data.draw(st.integers(start + 1, sentence.end)))
    after = SpanCompletion(as_question(question)).completed(Candidate(span, sentence, 1.0))
    assert sentence.covers(after.span)
    assert after.span.start < span.end
    assert span.start < after.span.end
