"""Newer reports, older ones, and those of the same time, with readings that are given."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from corpus.article import Article, Draft
from qa.query.parser import parse_question
from qa.reports.stories import is_same_story, published_between
from qa.types import Candidate, Hit, Passage, Quote, ScoredCandidate
from qa.updates import UpdateFinder, Updates, asks_of_person, newest_count, newest_first

THRESHOLD = 0.5


def report(text: str, published: str | None, source: str = "Gazette") -> Passage:
    """Return a report on the ferry of Penholm with one passage, its first sentence."""
    draft = Draft(f"{text} The Aldra Star sank off Penholm.", "Ferry", published=published, source=source)
    article = Article.from_draft(draft)
    sentence = Quote(article, 0, len(text))
    return Passage(sentence, (Hit(sentence, 0, 1.0, 1.0, 0.0),), (sentence,))


def value(passage: Passage, words: str, confidence: float = 0.9) -> ScoredCandidate:
    sentence = passage.hits[0].sentence
    start = sentence.text.index(words)
    return Candidate(Quote(sentence.article, start, start + len(words)), sentence, 1.0), confidence


def finder(question: str, *values: ScoredCandidate, today: date | None = None) -> UpdateFinder:
    """Return a finder over the passages of values, of which a reading gives the likeliest."""
    passages = [Passage(one.sentence, (Hit(one.sentence, 0, 1.0, 1.0, 0.0),), (one.sentence,)) for one, _ in values]

    def read(some: Sequence[Passage]) -> list[ScoredCandidate]:
        sentences = {passage.quote for passage in some}
        return sorted((one for one in values if one[0].sentence in sentences), key=lambda one: -one[1])

    return UpdateFinder(parse_question(question, today), passages, read, THRESHOLD)


def words(updates: Updates) -> tuple[str, list[str], list[str]]:
    superseded, differing = ([one.span.text for one, _ in some] for some in (updates.superseded, updates.differing))
    return updates.leading[0].span.text, superseded, differing


MISSING = "How many people are missing?"
ELEVEN = value(report("eleven people are missing.", "2026-03-01"), "eleven")
EIGHT = value(report("eight people are still missing.", "2026-03-05", "Radio"), "eight", 0.3)
THREE = value(report("three people are missing.", "2026-03-09"), "three", 0.2)


def test_the_newest_value_leads_and_supersedes_the_others() -> None:
    for best in (ELEVEN, EIGHT, THREE):
        updates = finder(MISSING, ELEVEN, EIGHT, THREE).newest([best])
        assert "three" == updates.leading[0].span.text
    assert ("three", ["eight", "eleven"], []) == words(finder(MISSING, ELEVEN, EIGHT, THREE).newest([ELEVEN]))


def test_a_newer_value_is_as_sure_as_that_the_question_has_an_answer() -> None:
    assert THRESHOLD < finder(MISSING, ELEVEN, EIGHT).newest([ELEVEN]).leading[1] < ELEVEN[1]
    question = "Who leads the search?"
    lund = value(report("Ada Lund leads the search.", "2026-03-01"), "Ada Lund", 0.2)
    moe = value(report("The search is led by Ole Moe now.", "2026-03-05"), "Ole Moe", 0.3)
    assert 0.3 == finder(question, lund, moe).newest([lund]).leading[1]


def test_a_number_that_counts_just_what_is_asked_for_is_sure() -> None:
    eleven, eight = (ELEVEN[0], 0.1), (EIGHT[0], 0.05)
    assert ("eight", ["eleven"], []) == words(finder(MISSING, eleven, eight).newest([eleven]))
    assert THRESHOLD == finder(MISSING, eleven, eight).newest([eleven]).leading[1]


@pytest.mark.parametrize(
    "question",
    [
        "How many lifeguards are missing?",  # nothing says whom the number counts
        "How many people were injured?",
        "How many people are missing from the lighthouse, the marina and the quarry?",
    ],
)
def test_a_number_answers_no_surer_than_read_among_others_where_its_passage_lacks_what_is_asked(question: str) -> None:
    eleven, eight = (ELEVEN[0], 0.3), (EIGHT[0], 0.6)
    assert finder(question, eleven, eight).newest([eleven]).leading[1] <= 0.3


def test_a_number_that_no_reader_found_answers_where_it_counts_just_what_is_asked_for() -> None:
    nobody = report("nobody is missing any longer, said the coastguard.", "2026-03-09")
    question = parse_question(MISSING)
    passages = [Passage(ELEVEN[0].sentence, (), (ELEVEN[0].sentence,)), nobody]
    updates = UpdateFinder(question, passages, lambda some: [], THRESHOLD).newest([ELEVEN])
    assert ("nobody", ["eleven"], []) == words(updates)


def test_what_is_said_of_the_dead_or_the_injured_does_not_count_the_others() -> None:
    dead = value(report("two people were killed and five were injured.", "2026-03-01"), "two")
    hurt = value(report("nine people have been injured.", "2026-03-05"), "nine", 0.6)
    assert ("two", [], []) == words(finder("How many people were killed?", dead, hurt).newest([dead]))
    lives = value(report("nine people lost their lives.", "2026-03-05"), "nine", 0.03)
    assert ("nine", ["two"], []) == words(finder("How many people were killed?", dead, lives).newest([dead]))


def test_a_successor_answers_instead_of_who_has_left_the_office() -> None:
    question = "Who is the mayor of Penholm?"
    lund = value(report("Ada Lund, the mayor of Penholm, opened the pier.", "2026-03-01"), "Ada Lund")
    left = value(report("Ada Lund has stepped down as mayor.", "2026-03-05"), "Ada Lund")
    updates = finder(question, lund, left).newest([lund])
    assert updates.is_outdated and updates.leading[1] < THRESHOLD and updates.make_outdated(left)
    moe = value(report("The council elected Ole Moe mayor in place of Ada Lund.", "2026-03-09"), "Ole Moe", 0.02)
    updates = finder(question, lund, left, moe).newest([lund])
    assert not updates.is_outdated
    assert ("Ole Moe", ["Ada Lund"], []) == words(updates)


def test_a_plan_for_a_past_event_is_superseded_by_its_day() -> None:
    planned = value(report("the pier is to open on 1 April 2026.", "2026-03-01"), "on 1 April 2026")
    opened = value(report("the pier opened on 20 April 2026.", "2026-04-21"), "on 20 April 2026")
    question = "When did the pier open?"
    assert ("on 20 April 2026", ["on 1 April 2026"], []) == words(finder(question, planned, opened).newest([planned]))
    later = value(report("the pier opened on 25 April 2026.", "2026-05-02"), "on 25 April 2026")
    assert ("on 20 April 2026", [], []) == words(finder(question, opened, later).newest([opened]))


def test_what_was_added_to_a_number_is_no_newer_one() -> None:
    more = value(report("two more bodies were found in the wreck.", "2026-03-05"), "two")
    dead = value(report("five people are dead.", "2026-03-01"), "five")
    assert ("five", [], []) == words(finder("How many people died?", dead, more).newest([dead]))


def test_of_a_change_from_one_value_to_another_the_new_one_answers() -> None:
    fine = value(report("the firm must pay a fine of 12 million euros.", "2026-03-01"), "12 million euros")
    raised = value(report("the fine was raised from 12 to 30 million euros.", "2026-03-05"), "12 to 30 million euros")
    question = "How high is the fine?"
    assert ("30 million euros", ["12 million euros"], []) == words(finder(question, fine, raised).newest([fine]))


def test_of_two_reports_of_one_day_neither_supersedes_the_other() -> None:
    other = value(report("eight people are missing.", "2026-03-01", "Radio"), "eight")
    assert ("eleven", [], ["eight"]) == words(finder(MISSING, ELEVEN, other).newest([ELEVEN]))


@pytest.mark.parametrize(
    "later",
    [
        value(report("eleven were missing at first.", "2026-03-05"), "eleven"),  # the same
        value(report("At first, twelve had been missing.", "2026-03-05"), "twelve"),
        value(report("The number fell from twelve on Monday.", "2026-03-05"), "twelve"),
        value(report("forty boats searched for the missing.", "2026-03-05"), "forty"),  # counts something else
        value(report("on Monday the search goes on.", "2026-03-05"), "on Monday"),  # of another kind
        value(report("ninety people are waiting.", "2026-03-05"), "ninety", 0.05),
        value(report("ninety people are missing.", None), "ninety"),
    ],
)
def test_what_is_no_newer_value_leaves_the_answer(later: ScoredCandidate) -> None:
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, later).newest([ELEVEN]))


def test_another_story_is_no_newer_report() -> None:
    article = Article.from_draft(Draft("ninety people are missing.", "Quake in Orla", published="2026-03-09"))
    other = Quote(article, 0, len(article.text))
    ninety = Candidate(Quote(article, 0, 6), other, 1.0), 0.9
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, ninety).newest([ELEVEN]))


def test_a_newer_report_has_the_names_in_the_question() -> None:
    question = "How many people are missing in Marrick?"
    in_marrick = value(report("eleven people from Marrick are missing.", "2026-03-01"), "eleven")
    assert ("eleven", [], []) == words(finder(question, in_marrick, THREE).newest([in_marrick]))


def test_a_sentence_about_another_name_is_no_newer_value() -> None:
    question = "How many people can the Aldra Star carry?"
    star = value(report("the Aldra Star can carry ninety people.", "2026-03-01"), "ninety")
    relief = value(report("a relief boat, the Tansy, can carry thirty people.", "2026-03-09"), "thirty")
    assert ("ninety", [], []) == words(finder(question, star, relief).newest([star]))
    unnamed = value(report("after the repair she can carry eighty people.", "2026-03-09"), "eighty")
    assert ("eighty", ["ninety"], []) == words(finder(question, star, unnamed).newest([star]))


def test_the_time_of_a_past_event_is_not_superseded() -> None:
    began = value(report("the ferry sank on Monday.", "2026-03-01"), "on Monday")
    said = value(report("the search for the ferry that sank ended on Friday.", "2026-03-09"), "on Friday")
    assert ("on Monday", [], []) == words(finder("When did the ferry sink?", began, said).newest([began]))
    assert ("on Friday", ["on Monday"], []) == words(finder("When does the ferry sink?", began, said).newest([began]))


def test_a_sentence_with_fewer_of_the_words_of_the_question_is_no_newer_value() -> None:
    demand = value(report("the pilots demand a rise of 9 percent.", "2026-03-01"), "9 percent")
    other = value(report("wages went up by 6 percent elsewhere.", "2026-03-09"), "6 percent")
    assert ("9 percent", [], []) == words(finder("What rise do the pilots demand?", demand, other).newest([demand]))


def test_sure_values_of_older_reports_are_superseded_however_they_were_found() -> None:
    sure = EIGHT[0], 0.7
    assert ("three", ["eight", "eleven"], []) == words(
        finder(MISSING, THREE, sure, ELEVEN).newest([THREE, sure, ELEVEN])
    )


def test_two_sources_of_one_time_differ() -> None:
    other = value(report("nine people are missing.", "2026-03-01", "Radio"), "nine", 0.8)
    assert ("eleven", [], ["nine"]) == words(finder(MISSING, ELEVEN, other).newest([ELEVEN]))
    a_day_later = value(report("nine people are missing.", "2026-03-02", "Radio"), "nine", 0.8)
    assert ("nine", [], ["eleven"]) == words(finder(MISSING, ELEVEN, a_day_later).newest([ELEVEN]))


@pytest.mark.parametrize(
    "later",
    [
        value(report("nine people are missing.", "2026-03-02"), "nine"),  # the same source
        value(report("nine people are still missing.", "2026-03-02", "Radio"), "nine"),  # it tells the change
        value(report("nine people are missing.", "2026-03-04", "Radio"), "nine"),
    ],
)
def test_an_update_does_not_differ(later: ScoredCandidate) -> None:
    assert ("nine", ["eleven"], []) == words(finder(MISSING, ELEVEN, later).newest([ELEVEN]))


def test_of_two_speakers_in_one_article_each_gives_its_own_value() -> None:
    text = "According to the union, eleven people are missing. The company speaks of eight people."
    article = Article.from_draft(Draft(text, "Ferry", published="2026-03-01"))
    passage = Passage(Quote(article, 0, len(text)), (Hit(Quote(article, 0, 50), 0, 1.0, 1.0, 0.0),), ())
    spans = ((text.index(word), word) for word in ("eleven", "eight"))
    sentences = (Quote(article, 0, 50), Quote(article, 51, len(text)))
    eleven, eight = (
        (Candidate(Quote(article, at, at + len(word)), sentence, 1.0), 0.9)
        for (at, word), sentence in zip(spans, sentences, strict=True)
    )

    def newest(question: str) -> Updates:
        told = [eleven, (eight[0], 0.01)]
        return UpdateFinder(parse_question(question), [passage], lambda some: told, THRESHOLD).newest([eleven])

    assert ("eleven", [], ["eight"]) == words(newest(MISSING))
    assert ("eleven", [], []) == words(newest("How many people are missing according to the union?"))
    assert ("eight", [], []) == words(newest("How many people are missing according to the company?"))
    assert newest("How many people are missing according to the police?").is_outdated


@pytest.mark.parametrize(("said", "number"), [("more than ten people", "ten"), ("at least nine people", "nine")])
def test_a_number_told_as_a_bound_does_not_differ_from_one_within_it(said: str, number: str) -> None:
    other = value(report(f"{said} are missing.", "2026-03-01", "Radio"), number)
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, other).newest([ELEVEN, other]))


def test_reports_of_one_time_that_agree_do_not_differ() -> None:
    agreeing = value(report("11 people are missing.", "2026-03-01", "Radio"), "11")
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, agreeing).newest([ELEVEN]))


def test_a_newer_report_that_tells_the_change_of_a_value_supersedes_it_unread() -> None:
    old = value(report("The train took the curve at 131 kilometres an hour.", "2026-03-01"), "131 kilometres an hour")
    new = value(report("It was 124 km/h, not 131.", "2026-03-09"), "It", 0.0)
    leading, superseded, _ = words(finder("At what speed did the train take the curve?", old, new).newest([old]))
    assert ("124 km/h", ["131 kilometres an hour"]) == (leading, superseded)


def test_a_price_of_a_time_to_come_is_not_the_present_one() -> None:
    now = value(report("The fare is 2.80 crowns.", "2026-03-01"), "2.80 crowns", 0.6)
    plan = value(report("From 1 May, the fare will be 3.20 crowns.", "2026-03-09"), "3.20 crowns")
    question, today = "How much is the fare?", date(2026, 3, 20)
    assert ("2.80 crowns", [], []) == words(finder(question, now, plan, today=today).newest([plan, now]))
    assert "3.20 crowns" == words(finder(question, now, plan, today=date(2026, 5, 2)).newest([plan, now]))[0]
    asked_ahead = finder("How much will the fare be?", now, plan, today=today)
    assert "3.20 crowns" == words(asked_ahead.newest([plan, now]))[0]


def test_the_sentence_before_may_say_from_when_a_number_holds() -> None:
    now = value(report("The limit on the bridge is 70.", "2026-03-01"), "70", 0.6)
    text = "From 1 May, cars will pay 3 crowns. The limit will come down to 60."
    article = Article.from_draft(Draft(f"{text} The Aldra Star sank off Penholm.", "Ferry", published="2026-03-09"))
    start = text.index("The limit")
    sentence = Quote(article, start, len(text))
    plan = Candidate(Quote(article, text.index("60"), text.index("60") + 2), sentence, 1.0), 0.9
    today = date(2026, 3, 20)
    assert ("70", [], []) == words(
        finder("What is the limit on the bridge?", now, plan, today=today).newest([plan, now])
    )


def test_an_office_that_is_given_up_is_no_present_one() -> None:
    post = value(report("Peder Quist gave up his post as chief executive of Norlys.", "2026-03-09"), "chief executive")
    assert finder("What is Peder Quist's position?", post).newest([post]).is_outdated
    for question in ("What was Peder Quist's position?", "What post did Peder Quist give up?"):
        assert not finder(question, post).newest([post]).is_outdated


def test_the_last_ones_of_something_leave_none() -> None:
    last = value(report("The last eleven people were found.", "2026-03-09"), "eleven", 0.7)
    for best in (EIGHT, last):
        updates = finder(MISSING, EIGHT, last).newest([best])
        assert updates.is_outdated
        assert updates.leading[1] < THRESHOLD


@pytest.mark.parametrize(
    ("text", "number"),
    [("A fourth person, a farmer, is missing.", "A fourth person"), ("a farmer of 58 is missing.", "58")],
)
def test_an_ordinal_or_an_age_is_no_count(text: str, number: str) -> None:
    other = value(report(text, "2026-03-01", "Radio"), number)
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, other).newest([ELEVEN, other]))


def test_of_one_time_the_only_number_that_counts_what_is_asked_for_differs_however_it_was_read() -> None:
    unsure = value(report("eight people are missing.", "2026-03-01", "Radio"), "eight", 0.01)
    assert ("eleven", [], ["eight"]) == words(finder(MISSING, ELEVEN, unsure).newest([ELEVEN]))
    both = report("eight people are missing, and four children are missing.", "2026-03-01", "Radio")
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, value(both, "eight", 0.01)).newest([ELEVEN]))


def test_a_count_that_is_no_age_or_of_another_size_does_not_differ() -> None:
    question = "How old is the man who was arrested?"
    age = value(report("The man who was arrested is 29.", "2026-03-01"), "29")
    other = value(report("The man who was arrested is 31.", "2026-03-01", "Radio"), "31")
    works = value(report("The man who was arrested took eight paintings.", "2026-03-01", "Radio"), "eight")
    assert ("29", [], ["31"]) == words(finder(question, age, other).newest([age, other]))
    assert ("29", [], []) == words(finder(question, age, works).newest([age, works]))
    sold = value(report("118,000 people are missing.", "2026-03-01", "Radio"), "118,000", 0.6)
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, sold).newest([ELEVEN, sold]))


def test_the_oldest_value_answers_how_it_was_at_first() -> None:
    question = "How many people were missing at first?"
    assert ("eleven", [], []) == words(finder(question, ELEVEN, EIGHT, THREE).oldest(THREE))
    unlikely = ELEVEN[0], 0.3
    assert "three" == finder(question, unlikely, THREE).oldest(THREE).leading[0].span.text
    told = value(report("At first, twelve had been missing.", "2026-03-09"), "twelve")
    assert "twelve" == finder(question, ELEVEN, told).oldest(told).leading[0].span.text


def test_without_dates_nothing_is_newer() -> None:
    undated = replace(ELEVEN[0].sentence.article, published=None)
    quote = Quote(undated, 0, ELEVEN[0].sentence.end)
    best = Candidate(Quote(undated, 0, 6), quote, 1.0), 0.9
    assert ("eleven", [], []) == words(finder(MISSING, best, THREE).newest([best]))


def test_passages_of_a_period_are_those_of_its_days() -> None:
    passages = [report("One.", day) for day in ("2026-03-01", "2026-03-05T08:00", "2026-03-06", "2026-03-07")]
    passages.append(report("One.", None))
    assert passages[1:2] == published_between(passages, date(2026, 3, 2), date(2026, 3, 5))
    assert passages[:3] == published_between(passages, None, date(2026, 3, 6))
    assert passages[:4] == published_between(passages, None, date.max)


def test_news_come_newest_first_one_of_each_report() -> None:
    old = value(report("the ferry sank.", "2026-03-01"), "the ferry sank", 0.9)
    again = old[0], 0.8
    new = value(report("the wreck was raised.", "2026-03-09"), "the wreck was raised", 0.7)
    unlikely = value(report("the sea is calm.", "2026-03-10"), "the sea is calm", 0.52)
    assert [new, old, again, unlikely] == newest_first([old, again, new, unlikely], THRESHOLD)


def test_an_answer_is_outdated_where_a_newer_report_seems_to_tell_another_value() -> None:
    question = "How many tickets were sold?"
    sold = value(report("the ferry sold 90 tickets.", "2026-03-01"), "90")
    doubtful = value(report("they had 70 at the end of the day.", "2026-03-05"), "70", 0.08)
    updates = finder(question, sold, doubtful).newest([sold])
    assert updates.is_outdated and updates.leading[1] < THRESHOLD
    unlikely = doubtful[0], 0.05
    assert not finder(question, sold, unlikely).newest([sold]).is_outdated
    later = value(report("so far 95 tickets have been sold.", "2026-03-09"), "95")
    updates = finder(question, sold, doubtful, later).newest([sold])
    assert not updates.is_outdated
    assert ("95", ["90"], []) == words(updates)


def test_an_amount_of_quite_another_size_is_no_newer_price() -> None:
    bikes = value(report("cyclists pay 3 crowns on the ferry.", "2026-03-01"), "3 crowns")
    budget = value(report("the ferry line pays 380,000 crowns.", "2026-03-05"), "380,000 crowns", 0.6)
    assert ("3 crowns", [], []) == words(finder("What do cyclists pay on the ferry?", bikes, budget).newest([bikes]))


def test_how_long_something_will_last_is_no_answer_once_it_is_over() -> None:
    question = "How long will the strike last?"
    planned = value(report("the strike will last three days.", "2026-03-01"), "three days")
    over = value(report("the strike has ended.", "2026-03-09"), "the strike", 0.01)
    assert finder(question, planned, over).newest([planned]).is_outdated
    storm = value(report("the storm has ended.", "2026-03-09"), "the storm", 0.01)
    assert not finder(question, planned, storm).newest([planned]).is_outdated


def test_the_end_of_a_state_supersedes_its_reason() -> None:
    question = "Why is the Aldra Star closed to visitors?"
    reason = value(report("the Aldra Star is closed because of a fire.", "2026-03-01"), "because of a fire")
    ended = value(report("Visitors may enter the Aldra Star again.", "2026-03-09"), "Visitors", 0.01)
    assert ("Visitors may enter the Aldra Star again.", ["because of a fire"], []) == words(
        finder(question, reason, ended).newest([reason])
    )
    again = value(report("the Aldra Star was closed again.", "2026-03-10"), "closed", 0.01)
    assert Updates(reason) == finder(question, reason, ended, again).newest([reason])
    assert Updates(reason) == finder("Why was the Aldra Star closed?", reason, ended).newest([reason])


def test_of_sentences_on_a_topic_that_is_a_count_the_newest_leads() -> None:
    older = value(report("So far 31 deaths have been recorded.", "2026-03-01"), "So far 31 deaths have been recorded.")
    newer = value(report("The outbreak has killed 79 people.", "2026-03-09"), "The outbreak has killed 79 people.", 0.6)
    other = value(report("The outbreak began in Penholm.", "2026-03-10"), "The outbreak began in Penholm.", 0.9)
    updates = newest_count("cholera deaths Penholm", [other, older, newer], THRESHOLD)
    assert updates is not None
    assert (newer, (older,)) == (updates.leading, updates.superseded)
    assert newest_count("cholera Penholm", [other, older, newer], THRESHOLD) is None
    assert newest_count("cholera deaths Penholm", [other], THRESHOLD) is None


def test_reports_on_one_story_share_names_or_a_name_and_rare_words() -> None:
    def article(text: str, title: str) -> Article:
        return Article.from_draft(Draft(text, title, published="2026-03-01"))

    recall = article("The maker Brightwell is recalling kettles with a faulty hinge; users were scalded.", "Recall")
    glue = article(
        "The glue and not the hinge of the kettles is faulty: the maker let users be scalded. "
        "So an inspector of Brightwell says.",
        "Glue to blame",
    )
    fair = article("The town of Brightwell had a fair.", "Fair")
    assert is_same_story(recall, glue)
    assert not is_same_story(recall, fair)


def test_a_value_that_a_newer_report_corrects_is_superseded_or_outdated() -> None:
    first = report("The cracks were caused by a frost.", "2026-03-06")
    later = report("The cracks were not caused by frost but by poor concrete.", "2026-03-09")
    corrected = finder("What caused the cracks?", value(first, "a frost"), value(later, "poor concrete", 0.3))
    assert ("poor concrete", ["a frost"], []) == words(corrected.newest([value(first, "a frost")]))
    silent = finder("What caused the cracks?", value(first, "a frost"), value(later, "The cracks", 0.01))
    assert silent.newest([value(first, "a frost")]).is_outdated


def test_the_day_of_a_date_is_no_number_that_changes() -> None:
    first = report("The repair will start on April 20.", "2026-04-02")
    later = report("The man, 51, had been taken to hospital on April 20.", "2026-04-28")
    updates = finder("When does the repair start?", value(first, "April 20"), value(later, "51", 0.01))
    assert "April 20" == words(updates.newest([value(first, "April 20")]))[0]


def test_a_measure_of_something_else_is_no_newer_value() -> None:
    first = report("The crack in the dam is 12 centimetres wide.", "2026-03-04")
    later = report("The water fell to 42 metres in Calder.", "2026-03-06")
    updates = finder("How wide is the crack?", value(first, "12 centimetres"), value(later, "42 metres", 0.3))
    assert "12 centimetres" == words(updates.newest([value(first, "12 centimetres")]))[0]


def test_a_sentence_that_mentions_nothing_of_a_question_tells_no_newer_state() -> None:
    first = report("The curfew in Pell is in force.", "2026-03-04")
    later = report("The road reopened to cars.", "2026-03-06")
    state = value(first, "The curfew in Pell is in force.")
    updates = finder("Is the curfew still in force?", state, value(later, "The road reopened to cars.", 0.6))
    assert "The curfew in Pell is in force." == words(updates.newest([state]))[0]


def test_a_former_price_is_none_and_the_same_sentence_may_waive_it() -> None:
    waived = report("Entrance to the museum, which used to cost 6 crowns, is now free.", "2026-04-02")
    question = "How much does the museum cost?"
    assert "free" == words(finder(question, value(waived, "6 crowns")).newest([value(waived, "6 crowns")]))[0]
    former = report("Entrance to the museum used to cost 6 crowns.", "2026-04-02")
    assert finder(question, value(former, "6 crowns")).newest([value(former, "6 crowns")]).is_outdated


def test_a_place_in_other_words_supersedes_a_place_with_a_name() -> None:
    first = value(report("the families are in the Pine Inn at Gorm.", "2026-04-02"), "in the Pine Inn at Gorm")
    later = value(report("the families have moved to the parish hall.", "2026-04-06"), "the parish hall")
    assert "the parish hall" == words(finder("Where are the families?", first, later).newest([first]))[0]


def test_a_sentence_about_another_subject_tells_no_newer_state() -> None:
    text = "The farm worker in Pell is in isolation."
    first = value(report(text, "2026-04-02"), text)
    hens = value(report("Hens in Pell may run about again.", "2026-04-06"), "Hens in Pell may run about again.", 0.6)
    told = "The worker from Pell is well again."
    well = value(report(told, "2026-04-07"), told, 0.6)
    question = "Is the farm worker in Pell still in isolation?"
    assert text == words(finder(question, first, hens).newest([first]))[0]
    assert told == words(finder(question, first, hens, well).newest([first]))[0]


def test_who_has_died_is_not_fewer_when_nobody_is_left() -> None:
    first = value(report("four climbers have died in the hut.", "2026-04-02"), "four")
    later = value(report("Nobody of the climbers is in the hut any more.", "2026-04-06"), "Nobody", 0.3)
    assert "four" == words(finder("How many climbers died in the hut?", first, later).newest([first]))[0]


def test_a_denied_reason_gives_way_to_the_one_in_its_place() -> None:
    first = value(report("A burst pipe is the cause of the leak.", "2026-04-02"), "A burst pipe")
    denied = report("No pipe had burst: a crack let the water out.", "2026-04-06")
    crack = value(denied, "a crack let the water out", 0.3)
    assert "a crack let the water out" == words(finder("cause of the leak", first, crack).newest([first]))[0]
    silent = value(report("No pipe had burst.", "2026-04-06"), "No pipe had burst", 0.3)
    assert finder("cause of the leak", first, silent).newest([first]).is_outdated


def test_a_date_that_is_off_gives_way_to_the_one_that_was_put_in_its_place() -> None:
    first = value(report("the order ends on Monday.", "2026-04-02"), "Monday")
    later = report("The order did not end on Monday as planned; Thursday is likelier.", "2026-04-07")
    updates = finder("When does the order end?", first, value(later, "Thursday", 0.02)).newest([first])
    assert "Thursday" == words(updates)[0]
    aside = report("The meeting, which had been planned for Tuesday, will be held on Thursday.", "2026-04-07")
    held = value(aside, "Thursday")
    assert not finder("When is the meeting?", held).newest([held]).is_outdated


def test_all_but_some_who_left_are_those_who_remain() -> None:
    first = value(report("140 villagers are still in Sorna.", "2026-04-02"), "140")
    later = value(report("All but 12 of the villagers have left their homes.", "2026-04-06"), "12", 0.3)
    assert "12" == words(finder("How many villagers are still in Sorna?", first, later).newest([first]))[0]


def test_a_count_is_doubtful_once_some_of_it_have_left_the_state() -> None:
    six = value(report("six divers are in hospital.", "2026-04-02"), "six")
    part = value(report("Five of the six divers have been discharged.", "2026-04-06"), "Five of the six", 0.01)
    assert finder("How many divers are in hospital?", six, part).newest([six]).is_outdated
    assert not finder("How many divers are in hospital?", six).newest([six]).is_outdated


def test_a_fare_that_was_free_may_cost_something_again() -> None:
    free = value(report("the ferry is free.", "2026-04-02"), "free")
    again = value(report("The ferry costs 4 francs again.", "2026-04-06"), "4 francs")
    assert "4 francs" == words(finder("How much is the ferry?", free, again).newest([free]))[0]


def test_a_weak_newer_date_of_another_subject_does_not_displace_one_of_what_is_asked() -> None:
    lorries = value(report("lorries can use the tunnel from 29 May 2026.", "2026-05-12"), "29 May 2026", 0.7)
    others = (
        value(report("she starts in her post on 15 June 2026.", "2026-05-20"), "15 June 2026", 0.2),
        value(report("the harbour has a new director from 15 June 2026.", "2026-05-20"), "15 June 2026", 0.3),
    )
    for other in others:
        updates = finder("When can lorries use the tunnel again?", lorries, other).newest([lorries])
        assert (("29 May 2026", [], []), False) == (words(updates), updates.is_outdated)


def test_a_newer_sentence_on_something_else_people_must_do_does_not_answer_whether_they_must() -> None:
    told = report("visitors to Penholm have been told to wear masks.", "2026-03-01")
    boats = report("boats have to wait until 11 April, the port of Penholm said.", "2026-03-05")
    sentences = [value(one, one.hits[0].sentence.text, at) for one, at in ((told, 0.6), (boats, 0.14))]
    updates = finder("Do people in Penholm have to wear masks?", *sentences).newest([sentences[0]])
    assert (sentences[0][0], ()) == (updates.leading[0], updates.superseded)


def test_the_holder_of_another_office_of_the_same_body_is_no_successor() -> None:
    question = "Who is the head of operations at Corvo?"
    head = value(report("Ole Moe, the head of operations, called for calm.", "2026-03-01"), "Ole Moe")
    other = value(report("Ada Lund, 44, is the new director of Corvo.", "2026-03-05"), "Ada Lund", 0.3)
    back = value(report("Ole Moe returns to his post as head of operations at Corvo.", "2026-03-09"), "Ole Moe", 0.8)
    updates = finder(question, head, other, back).newest([head])
    assert (("Ole Moe", [], []), False) == (words(updates), updates.is_outdated)


@pytest.mark.parametrize(
    ("question", "now", "other"),
    [
        ("How many people died?", ("five people have died.", "five"), ("A teacher, Lars Vennik, 38, died.", "38")),
        (
            "How much will the clearing cost?",
            ("the clearing will cost 3.2 million euros.", "3.2 million euros"),
            ("the clearing costs 90,000 euros a year to keep up.", "90,000 euros"),
        ),
        (
            "How much does a stall cost?",
            ("a stall costs 15 marks.", "15 marks"),
            ("some 7,000 people saw what a stall costs.", "7,000"),
        ),
        (
            "How many people were injured?",
            ("44 people were injured.", "44"),
            ("six of the injured are at clinics.", "six"),
        ),
        ("How many had to leave home?", ("850 had to leave home.", "850"), ("about 5,000 people marched.", "5,000")),
    ],
)
def test_a_number_of_another_kind_is_neither_newer_nor_earlier(
    question: str, now: tuple[str, str], other: tuple[str, str]
) -> None:
    for published in ("2026-03-01", "2026-03-09"):
        told = value(report(now[0], "2026-03-05"), now[1])
        wrong = value(report(other[0], published), other[1], 0.6)
        assert (now[1], [], []) == words(finder(question, told, wrong).newest([told, wrong]))


def test_what_was_paid_by_the_day_may_be_raised() -> None:
    old = value(report("a stall costs 12 euros a day.", "2026-03-01"), "12 euros")
    new = value(report("a stall costs 15 euros.", "2026-03-05"), "15 euros", 0.6)
    assert ("15 euros", ["12 euros"], []) == words(finder("How much does a stall cost?", old, new).newest([old]))


def test_an_earlier_date_is_told_by_its_day_and_not_by_its_denial() -> None:
    denied = value(report("the market will not reopen on 14 May 2026.", "2026-05-11"), "not reopen on 14 May 2026")
    new = value(report("the market will reopen on 6 June 2026.", "2026-05-20"), "6 June 2026")
    question = "When will the market reopen?"
    assert ("6 June 2026", ["14 May 2026"], []) == words(finder(question, denied, new).newest([new, denied]))


def test_when_something_stopped_is_not_when_it_started_again() -> None:
    stopped = value(report("the test flights were stopped on 5 March 2026.", "2026-03-10"), "5 March 2026", 0.6)
    question = "When did the test flights start again?"
    updates = finder(question, stopped).newest([stopped])
    assert updates.is_outdated
    began = value(report("the test flights were resumed on 2 April 2026.", "2026-04-07"), "2 April 2026")
    assert ("2 April 2026", [], []) == words(finder(question, stopped, began).newest([stopped]))


def test_the_day_of_a_month_is_no_number_that_has_changed() -> None:
    old = value(report("a ticket costs 2.90 marks.", "2026-03-16"), "2.90 marks")
    new = value(report("a ticket will cost 2.60 marks from 1 April and not 2.90.", "2026-03-30"), "2.60 marks")
    assert "2.60 marks" == finder("How much does a ticket cost?", old, new).newest([old]).leading[0].span.text


def test_a_correction_supersedes_the_value_that_it_corrects_and_never_gives_it() -> None:
    told = value(report("the barge held 620 tonnes of salt.", "2026-03-02"), "620 tonnes")
    wrong, right = (
        "Correction: on 3 March we wrote that it held 620 tonnes.",
        "The port has put that right: 480 tonnes.",
    )
    article = Article.from_draft(
        Draft(f"{wrong} {right} The Aldra Star sank off Penholm.", "Ferry", published="2026-03-09")
    )
    first = Quote(article, 0, len(wrong))
    second = Quote(article, len(wrong) + 1, len(wrong) + 1 + len(right))
    older, newer = Passage(told[0].sentence, (), (told[0].sentence,)), Passage(first, (), (first, second))
    question = parse_question("How much salt did the barge hold?")
    updates = UpdateFinder(question, [older, newer], lambda _: [], THRESHOLD).newest([told])
    assert ("480 tonnes", ["620 tonnes"], []) == words(updates)


def test_a_decision_on_yes_or_no_has_the_older_one_under_it() -> None:
    shut = value(report("the quay road is closed to cars.", "2026-03-02"), "the quay road is closed to cars.", 0.7)
    opened = value(report("the quay road was opened to cars.", "2026-03-09"), "the quay road was opened to cars.", 0.9)
    other = value(report("the harbour office is busy.", "2026-03-02"), "the harbour office is busy.", 0.7)
    found = finder("Will the quay road be closed to cars?", opened, shut, other).newest([opened, shut, other])
    assert (opened, (shut,)) == (found.leading, found.superseded)


def test_on_a_topic_that_names_an_office_its_new_holder_leads() -> None:
    held = value(report("Judge Vera Holm heads the inquiry.", "2026-03-02"), "Judge Vera Holm heads the inquiry.")
    left = value(
        report("Judge Vera Holm withdrew from it; Judge Ari Sund takes her place.", "2026-03-09"), "Judge", 0.1
    )
    updates = finder("judge of the inquiry", held, left).newest([held])
    assert (left[0].sentence, (held,)) == (updates.leading[0].span, updates.superseded)


def test_on_a_topic_that_asks_for_a_cause_its_denial_leads() -> None:
    blamed = "the fire was caused by a faulty heater."
    told = value(report(blamed, "2026-03-02"), blamed)
    denied = value(report("Inspectors have ruled out a faulty heater.", "2026-03-09"), "Inspectors", 0.1)
    updates = finder("ferry fire source", told, denied).newest([told])
    assert (denied[0].sentence, (told,)) == (updates.leading[0].span, updates.superseded)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Dario Menk?", True),
        ("dario menk?", True),
        ("What happened to the pilot Dario Menk?", True),
        ("What has become of Menk?", True),
        ("What happened to the ferry?", False),
        ("Dario Menk pilot?", False),
        ("Menk?", False),
    ],
)
def test_a_question_may_be_a_persons_name_or_ask_what_happened_to_one(question: str, asks: bool) -> None:
    held, _ = value(report("Police held the pilot, Dario Menk, 50, on Monday.", "2026-03-02"), "Police")
    assert asks == asks_of_person(question, held)


@pytest.mark.parametrize(
    ("question", "older", "newer"),
    [
        (
            "How many tonnes were in the depot?",
            ("it held 2,400 tonnes.", "2,400"),
            ("3,100 tonnes were in it, more than told.", "3,100"),
        ),
        ("How many people marched?", ("7,000 people marched.", "7,000"), ("about 5,000 people had marched.", "5,000")),
    ],
)
def test_what_happened_is_counted_differently_by_another_source_within_days(
    question: str, older: tuple[str, str], newer: tuple[str, str]
) -> None:
    first = value(report(older[0], "2026-03-01", "Gazette"), older[1])
    days = {"2026-03-05": ([], [older[1]]), "2026-03-09": ([older[1]], [])}
    for published, told in days.items():
        second = value(report(newer[0], published, "Radio"), newer[1])
        assert (newer[1], *told) == words(finder(question, first, second).newest([first]))


def test_a_toll_that_is_higher_days_later_does_not_differ() -> None:
    first = value(report("seven people were killed.", "2026-03-01", "Gazette"), "seven")
    second = value(report("nine people were killed.", "2026-03-05", "Radio"), "nine")
    assert ("nine", ["seven"], []) == words(finder("How many people were killed?", first, second).newest([first]))


def test_running_costs_are_no_earlier_value_of_a_sum_in_another_currency() -> None:
    sum_ = value(report("the line cost 362 million florins.", "2026-03-09"), "362 million florins")
    yearly = value(report("it would cost 19 million florins a year to run.", "2026-03-05"), "19 million florins", 0.6)
    assert ("362 million florins", [], []) == words(
        finder("How much did it cost?", yearly, sum_).newest([sum_, yearly])
    )
