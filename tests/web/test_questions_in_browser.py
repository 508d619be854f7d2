"""Thumbs on an answer, and the page of open questions, in a browser."""

from selenium.webdriver.common.keys import Keys

from tests.browser import RIOT, RIOTS, Chat, announced, answer_of, fits, reply_of, respond, set_width, show_reply


def test_an_answer_gets_feedback_and_a_reason_by_keyboard(chat: Chat) -> None:
    respond(chat, {"/feedback": {"id": "abc"}})
    show_reply(chat, reply_of(answer_of(RIOTS, "17 officers", RIOT)))
    down = chat.one(".feedback button[aria-label='Wrong answer']")
    down.send_keys(Keys.ENTER)
    chat.wait(lambda: down.get_attribute("aria-pressed") == "true")
    start = RIOTS.index("17 officers")
    body = {"question": "?", "verdict": "down", "article": "0" * 16, "start": start, "end": start + 11}
    assert body == chat.run("return window.sent['/feedback']")
    chat.one(".feedback .reason input").send_keys("It was 18.", Keys.ENTER)
    announced(chat, "Your reason is kept")
    assert body | {"reason": "It was 18.", "replaces": "abc"} == chat.run("return window.sent['/feedback']")
    assert [] == chat.all(".feedback .reason")


def test_a_question_is_watched_from_its_reply_and_listed(chat: Chat) -> None:
    question = "Who conducts the choir of Lumen?"
    chat.ask(question)
    chat.one(".share button[title^='Tell me']").click()
    announced(chat, "This question is watched")
    chat.one(".share .watching").click()
    chat.wait(lambda: len(chat.all("#watches > li")) == 1)
    assert question in chat.one("#watches > li").text
    chat.one("#add-watch summary").click()
    chat.one("#watch-question").send_keys("Who sings in Lumen?")
    chat.one("#watch-webhook").send_keys("https://hooks.example/new", Keys.ENTER)
    chat.wait(lambda: len(chat.all("#watches > li")) == 2)
    assert chat.one("#watch-outcome code").text.startswith("whsec_")
    for width in (1280, 390):
        set_width(chat.driver, width)
        assert fits(chat)
    for count in (1, 0):
        chat.one("#watches > li > .square").click()
        chat.wait(lambda count=count: len(chat.all("#watches > li")) == count)


def test_open_questions_are_listed_in_groups_and_removed(chat: Chat) -> None:
    chat.run("return fetch('/questions', {method: 'DELETE'}).then((response) => response.status)")
    for question in ("When was the opera house of Lumen built?", "What colour is a zebra at night?"):
        kept = {"question": question, "verdict": "down", "start": 0, "end": 9}
        script = (
            "const {articles: [{id}]} = await (await fetch('/articles')).json();"
            "await fetch('/feedback', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({...arguments[0], article: id})})"
        )
        chat.run(script, kept)
    for width in (1280, 390):
        set_width(chat.driver, width)
        chat.open("/open-questions")
        chat.run("document.getElementById('kind').value = 'down'; kind.dispatchEvent(new Event('change'))")
        chat.wait(lambda: len(chat.all("#kept > li")) == 2)
        assert fits(chat)
    assert ["Wrong answer"] * 2 == [one.text for one in chat.all("#kept .state")]
    chat.one("#kept > li > .square").click()
    announced(chat, "Question removed")
    chat.wait(lambda: len(chat.all("#kept > li")) == 1)
    chat.one("#clear").click()
    chat.one("#confirm-yes").click()
    announced(chat, "All questions cleared")
    assert [] == chat.all("#kept > li")
