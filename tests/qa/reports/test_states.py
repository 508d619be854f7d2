import pytest

from corpus.article import Article, Draft
from qa.query.parser import parse_question
from qa.reports.states import AskedState
from qa.types import Quote


def sentences(*texts: str) -> list[Quote]:
    article = Article.from_draft(Draft(" ".join(texts)))
    starts = [sum(len(one) + 1 for one in texts[:at]) for at in range(len(texts))]
    return [Quote(article, start, start + len(text)) for start, text in zip(starts, texts, strict=True)]


def end(question: str, *texts: str) -> str | None:
    state = AskedState.of(parse_question(question))
    found = None if state is None else state.end_in(sentences(*texts))
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Why is the harbour tunnel closed?", "The harbour tunnel reopened on Friday."),
        ("Is the library in Marrick shut?", "Readers can use the library again."),
        ("When will the ban on hosepipes be lifted?", "The ban on hosepipes was lifted on Monday."),
        ("Why are the dockers of Penholm on strike?", "The dockers of Penholm are back at work."),
        ("Is there a strike at the port?", "The strike at the port is over."),
        ("How is the captain of the ferry?", "The captain has died of his burns."),
        ("Is Jonas Breck in hospital?", "Jonas Breck was discharged on Sunday."),
        ("How many climbers are missing?", "The three climbers have been found in a hut."),
        ("How many homes are without power?", "All homes have electricity again."),
        ("Why is the chief engineer suspended?", "The engineer has been reinstated."),
        ("Is the mayor's driver in custody?", "The driver was released without charge."),
        ("When is the concert in Marrick?", "The concert in Marrick was called off."),
        ("Why can't I drive through the harbour tunnel?", "The harbour tunnel is open again."),
        ("What's the reason the harbour tunnel is closed?", "The harbour tunnel is open again."),
        ("How long will the harbour tunnel be closed?", "The harbour tunnel is open again."),
        ("Is the harbour tunnel open?", "The harbour tunnel reopened on Friday."),
        ("Is anyone still missing after the flood in Marrick?", "Everyone has been found."),
        ("missing climbers Penholm", "All climbers missing near Penholm have turned up."),
        ("Where are the evacuees of Marrick staying?", "The residents of Marrick went home on Sunday."),
        ("Where do the pupils of Marrick have lessons?", "The pupils returned to their school in Marrick."),
        ("Why are the pupils of Marrick in the town hall?", "The pupils are back in their school."),
        ("Why are there no lessons in Marrick school?", "Lessons at Marrick school began again on Monday."),
        ("Why do dogs in Marrick have to stay indoors?", "Dogs in Marrick may run outside again."),
        ("Why is the dam of Marrick leaking?", "The leak in the dam of Marrick has been sealed."),
        ("Is the mayor's driver in custody?", "The court acquitted the driver."),
        ("What sentence did Jonas Breck get?", "The court of appeal acquitted Jonas Breck."),
        ("When is the concert in Marrick?", "There will be no concert in Marrick this year."),
        ("Why are the climbers trapped?", "The last two climbers were carried out on Saturday."),
        ("Where are the people from Marrick staying?", "The last evacuees went back to their homes."),
        ("Can people in Marrick open their windows?", "Windows in Marrick may be opened again."),
        ("How many tourists are stuck on the lift?", "The last tourists on the lift were let down."),
        ("Is the museum in Marrick closed?", "The museum lets visitors in again."),
        ("Is Marrick still evacuated?", "The people of Marrick began to go home on Friday; one of the halls is shut."),
        ("Is Marrick closed?", "The residents were allowed to return to Marrick on Friday."),
        ("How many people are missing?", "The body of Jonas Breck, the last of the missing, was found on Sunday."),
    ],
)
def test_the_end_of_a_state_is_found(question: str, sentence: str) -> None:
    assert sentence == end(question, "There is news.", sentence, "It rained.")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Why is the harbour tunnel closed?", "The harbour tunnel will reopen on Friday."),
        ("Why is the harbour tunnel closed?", "The harbour tunnel has not reopened."),
        ("Why is the harbour tunnel closed?", "The harbour tunnel reopened, but was shut again."),
        ("Why is the harbour tunnel closed?", "The museum reopened on Friday."),
        ("Why is the tyre plant closed?", "The nursery of the plant has opened its doors again."),
        ("Why was the harbour tunnel closed?", "The harbour tunnel reopened on Friday."),
        ("How many climbers are missing?", "One of the climbers was found in a hut."),
        ("How many homes are without power?", "All but 400 homes have power again."),
        ("Is the museum open on Sundays?", "The museum reopened in May."),
        ("How long is the harbour tunnel?", "The harbour tunnel reopened on Friday."),
        ("Where are the evacuees of Marrick staying?", "The residents of Marrick hope to go home on Sunday."),
        ("Where did the evacuees of Marrick stay?", "The residents of Marrick went home on Sunday."),
        ("Where are the evacuees of Marrick staying?", "The tourists left hospital."),
        ("Why is the dam of Marrick leaking?", "The leak in the dam of Marrick has not been sealed."),
        ("When is the concert in Marrick?", "The concert in Marrick was moved, and there was no rain."),
        ("What sentence did Jonas Breck get?", "The court may acquit Jonas Breck."),
        ("How many climbers are missing on Orla?", "The villagers may go home again."),
    ],
)
def test_what_is_no_end_of_the_state_is_none(question: str, sentence: str) -> None:
    assert end(question, sentence) is None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How is the injured watchman?", "The watchman is out of danger."),
        ("How is Anke Brodd doing?", "Anke Brodd has a fever."),
        ("condition of the watchman", "The watchman is in a critical condition."),
    ],
)
def test_how_somebody_is_is_told_by_the_last_condition(question: str, sentence: str) -> None:
    assert sentence == end(question, "A wall fell on the watchman and on Anke Brodd.", sentence, "It rained.")
    assert end(question, "A wall fell on the watchman and on Anke Brodd.", "The cook has a fever.") is None


def test_a_pronoun_stands_for_the_thing_in_the_sentence_before() -> None:
    found = end("Why is the tunnel closed?", "Work on the tunnel went fast.", "It reopened on Friday.")
    assert "It reopened on Friday." == found
    assert end("Why is the tunnel closed?", "Work on the museum went fast.", "It reopened on Friday.") is None


def test_a_state_that_has_begun_again_is_seen() -> None:
    state = AskedState.of(parse_question("Why is the tunnel closed?"))
    assert state is not None
    assert state.begins_again_in(sentences("The tunnel was closed again on Sunday."))
    assert not state.begins_again_in(sentences("The tunnel is open again."))
    assert not state.begins_again_in(sentences("The bridge was closed again on Sunday."))
