"""Filters, suggestions, the reading of a question and the conversation, in a real browser."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import (
    IN_BROWSER,
    RIOT,
    RIOTS,
    Chat,
    announced,
    answer_of,
    fits,
    reply_of,
    respond,
    set_width,
    show_reply,
)

pytestmark = IN_BROWSER
SEVENTEEN = reply_of(answer_of(RIOTS, "17", RIOT))
SUGGESTED = {"questions": ["How many officers were killed?", "What was short?"], "names": ["Marcus Teel"]}


def understood(**fields: object) -> dict[str, object]:
    return {"question": "?", "filters": [], "from_question": [], "kept_from_conversation": []} | fields


# Filters


def test_filters_are_chosen_sent_shown_and_removed(chat: Chat) -> None:
    sources = [{"name": "<b>Post</b>", "articles": 2}, {"name": "Gazette", "articles": 1}]
    respond(chat, {"/ask": SEVENTEEN, "/sources": {"sources": sources}})
    chat.one("#open-filters").click()
    chat.wait(lambda: 2 == len(chat.all("#source-list input")))
    for box in chat.all("#source-list input"):
        box.click()
    chat.one("#filters [name=published_from]").send_keys("01052022")
    chat.one("#filters [name=published_to]").send_keys("01042022")
    chat.one("#filters [type=submit]").click()
    assert "The first day is after the last one." == chat.one("#filters .field-error").text
    chat.one("#filters [name=published_to]").send_keys("01312022", Keys.ENTER)
    chat.wait(lambda: not chat.all("#filters"))
    words = ["<b>Post</b>", "Gazette", "From Jan 5, 2022", "Until Jan 31, 2022"]
    assert words == [chip.text for chip in chat.all("#active-filters .chip")]
    chat.ask("How many?")
    sent = {
        "question": "How many?",
        "source": ["<b>Post</b>", "Gazette"],
        "published_from": "2022-01-05",
        "published_to": "2022-01-31",
    }
    assert sent == chat.run("return window.sent['/ask']")
    set_width(chat.driver, 390)
    assert fits(chat)
    chat.open()
    assert words == [chip.text for chip in chat.all("#active-filters .chip")]
    for _ in words:
        chat.all("#active-filters .chip")[0].click()
    assert "open-filters" == chat.focus
    show_reply(chat, SEVENTEEN, "How many?")
    assert {"question": "How many?"} == chat.run("return window.sent['/ask']")


def test_the_address_of_a_question_asks_it_with_its_filters_again(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN, "/sources": {"sources": [{"name": "Tom & Co", "articles": 1}]}})
    chat.one("#open-filters").click()
    chat.wait(lambda: chat.all("#source-list input"))
    chat.one("#source-list input").click()
    chat.one("#filters [name=as_of]").send_keys("01122022", Keys.ENTER)
    chat.wait(lambda: not chat.all("#filters"))
    chat.ask("How many?")
    assert chat.driver.current_url.endswith("/?q=How+many%3F&source=Tom+%26+Co&as_of=2022-01-12")
    shared = chat.driver.current_url
    chat.run("sessionStorage.clear()")
    for address, words in ((shared, ["Tom & Co", "As of Jan 12, 2022"]), (shared.partition("&")[0], [])):
        chat.driver.get(address)
        chat.wait(lambda: ["How many?"] == chat.asked() and not chat.all(".turn [aria-busy]"))
        assert words == [chip.text for chip in chat.all("#active-filters .chip")]
        for width in (1280, 390):
            set_width(chat.driver, width)
            assert fits(chat)


def test_all_filters_can_be_cleared_at_once(chat: Chat) -> None:
    filters = {"source": ["Gazette"], "as_of": "2022-01-05", "language": "en", "undated": "include"}
    chat.run("sessionStorage.setItem('citeline.filters', JSON.stringify(arguments[0]))", filters)
    chat.open()
    respond(chat, {"/sources": {"sources": [{"name": "Gazette", "articles": 1}]}})
    chat.one("#open-filters").click()
    chat.wait(lambda: chat.all("#source-list input:checked"))
    chat.one("#clear-filters").click()
    chat.one("#filters [type=submit]").click()
    chat.wait(lambda: not chat.all("#filters"))
    assert not chat.all("#active-filters .chip")


def test_a_reply_shows_its_filters_and_includes_undated_articles_on_demand(chat: Chat) -> None:
    filters = [{"name": "source", "value": "Post"}, {"name": "as_of", "value": "2022-01-12"}]
    turn = show_reply(chat, SEVENTEEN | {"understood": understood(filters=filters), "undated_left_out": 4})
    lines = [line.text for line in turn.find_elements(By.CSS_SELECTOR, ".understood li")]
    assert ["Filters: Post · As of Jan 12, 2022", "4 articles without a date were left out · include them"] == lines
    turn.find_element(By.CSS_SELECTOR, ".understood .link").click()
    chat.wait(lambda: "include" == chat.run("return window.sent['/ask'].undated"))


def test_an_unknown_source_is_named_and_the_question_can_be_asked_without_it(chat: Chat) -> None:
    chat.run("sessionStorage.setItem('citeline.filters', JSON.stringify({source: ['Nowhere Times']}))")
    chat.open()
    chat.one("#question").send_keys("Who led the repair of the harbour bridge?", Keys.ENTER)
    assert "Nowhere Times" in chat.one(".failed").text
    chat.all(".failed button")[1].click()
    assert "Amina Farouk" in chat.one(".entry mark").text
    assert not chat.all("#active-filters .chip")


# How a question was read


def test_words_that_a_question_was_read_by_can_be_taken_away_and_restored(chat: Chat) -> None:
    limits = [
        {"kind": "period", "text": "in 2021", "published_from": "2021-01-01", "published_to": "2021-12-31"},
        {"kind": "source", "text": "according to <b>Post</b>", "source": "<b>Post</b>"},
    ]
    read = understood(
        question="how old was Marcus Teel in 2021?", from_question=limits, kept_from_conversation=["Marcus Teel"]
    )
    question = "how old was he in 2021, according to <b>Post</b>?"
    turn = show_reply(chat, SEVENTEEN | {"question": question, "understood": read}, question)
    lines = [" ".join(line.text.split()) for line in turn.find_elements(By.CSS_SELECTOR, ".understood li")]
    terms = ["From the conversation: Marcus Teel", "Time: in 2021", "Source: according to <b>Post</b>"]
    assert ["Read as: how old was Marcus Teel in 2021?", *terms] == lines
    respond(chat, {"/ask": SEVENTEEN | {"understood": understood()}})
    turn.find_element(By.CSS_SELECTOR, "[aria-label='Ask without “in 2021”']").click()
    chat.wait(lambda: ["Not used:\nin 2021"] == [line.text for line in chat.all(".understood li")])
    assert ["in 2021"] == chat.run("return window.sent['/ask'].ignore")
    chat.one("[aria-label='Use “in 2021” again']").click()
    chat.wait(lambda: not chat.all(".understood"))
    assert [] == chat.run("return window.sent['/ask'].ignore")


def test_a_reading_without_new_words_is_not_shown(chat: Chat) -> None:
    for asked, read in (("Hi, how many died?", "how many died?"), ("How MANY died", "How many died?")):
        turn = show_reply(chat, SEVENTEEN | {"question": asked, "understood": understood(question=read)})
        assert not turn.find_elements(By.CSS_SELECTOR, ".understood")


def test_questions_are_sent_with_the_conversation_until_a_new_one_begins(chat: Chat) -> None:
    show_reply(chat, SEVENTEEN | {"understood": understood()}, "How many were killed?")
    show_reply(chat, reply_of() | {"understood": understood()}, "Where?")
    before = [{"question": "How many were killed?", "answer": "17"}]
    assert before == chat.run("return window.sent['/ask'].conversation")
    chat.driver.refresh()
    chat.wait(lambda: ["How many were killed?", "Where?"] == chat.asked())
    show_reply(chat, SEVENTEEN | {"understood": understood()}, "And when?")
    assert before == chat.run("return window.sent['/ask'].conversation")[:1]
    chat.one("#new-conversation").click()
    assert ([], "question") == (chat.asked(), chat.focus)
    show_reply(chat, SEVENTEEN, "And why?")
    assert {"question": "And why?"} == chat.run("return window.sent['/ask']")


def test_a_question_waits_for_the_answer_before_it(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN})
    chat.run(
        "const fetched = window.fetch; let release; const held = new Promise((resolve) => { release = resolve; });"
        "window.release = release; window.asked = 0; window.fetch = async (path, how) => {"
        " if (path === '/ask' && ++window.asked === 1) await held; return fetched(path, how); }"
    )
    for question in ("How many were killed?", "And why?"):
        chat.one("#question").send_keys(question, Keys.ENTER)
    assert (2, 1) == (len(chat.asked()), chat.run("return window.asked"))
    chat.run("window.release()")
    chat.wait(lambda: 2 == len(chat.all(".turn .reply")))
    before = [{"question": "How many were killed?", "answer": "17"}]
    assert {"question": "And why?", "conversation": before} == chat.run("return window.sent['/ask']")


# Suggestions


def test_suggestions_leave_a_long_question_in_sight(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN, "/suggest": SUGGESTED})
    set_width(chat.driver, 390)
    for is_above in (False, True):  # below the box of an empty page, above that of a conversation
        chat.insert("how many officers were killed in the square " * 2)
        chat.wait(lambda: chat.all("#suggestions li"))
        box, found = (chat.one(selector).rect for selector in (".composer-box", "#suggestions"))
        upper, lower = (found, box) if is_above else (box, found)
        assert upper["y"] + upper["height"] <= lower["y"]
        chat.one("#question").send_keys(Keys.ENTER)
        chat.one(".turn .reply")


def test_a_suggestion_is_chosen_by_keyboard(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN, "/suggest": SUGGESTED})
    box = chat.one("#question")
    chat.insert("how")
    chat.wait(lambda: 3 == len(chat.all("#suggestions [role=option]")))
    assert ("suggestions", None) == (box.get_attribute("aria-controls"), box.get_attribute("aria-activedescendant"))
    assert "3 suggestions." == announced(chat, "3")
    box.send_keys(Keys.ARROW_UP, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert "suggestion-0" == box.get_attribute("aria-activedescendant")
    assert ["true", "false", "false"] == [one.get_attribute("aria-selected") for one in chat.all("#suggestions li")]
    box.send_keys(Keys.ENTER)
    chat.one(".turn .reply")
    assert (["How many officers were killed?"], []) == (chat.asked(), chat.all("#suggestions"))
    chat.insert("ma")
    chat.wait(lambda: chat.all("#suggestions li"))
    box.send_keys(Keys.ESCAPE)
    assert ("ma", []) == (box.get_attribute("value"), chat.all("#suggestions"))
    chat.insert("r")
    chat.wait(lambda: chat.all("#suggestions li"))
    box.send_keys(Keys.ENTER)
    chat.wait(lambda: "mar" == chat.asked()[-1])


def test_a_name_is_completed_and_a_question_asked_by_mouse(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN, "/suggest": SUGGESTED})
    box = chat.one("#question")
    chat.insert("how old is mar")
    chat.wait(lambda: chat.all("#suggestions li"))
    chat.all("#suggestions li")[2].click()
    assert ("how old is Marcus Teel ", "question") == (box.get_attribute("value"), chat.focus)
    chat.wait(lambda: chat.all("#suggestions li"))
    chat.all("#suggestions li")[1].click()
    chat.one(".turn .reply")
    assert ["What was short?"] == chat.asked()


def test_a_name_takes_the_place_of_its_beginning(chat: Chat) -> None:
    expected = {
        ("how old is mar", "Marcus Teel"): "how old is Marcus Teel",
        ("marcus te", "Marcus Teel"): "Marcus Teel",
        ("where does teel", "Marcus Teel"): "where does Marcus Teel",
        ("sao paulo", "São Paulo"): "São Paulo",
        ("who leads the", "Aldra Line"): "who leads the Aldra Line",
    }
    script = (
        "const [pairs, done] = arguments; import('/static/js/suggest.js')"
        ".then(({ complete }) => done(pairs.map((pair) => complete(...pair))))"
    )
    assert list(expected.values()) == chat.driver.execute_async_script(script, list(expected))


def test_late_suggestions_are_dropped(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN})
    chat.run(
        "const real = window.fetch; window.waiting = [];"
        "const later = () => new Promise((resolve) => window.waiting.push((questions) =>"
        " resolve(new Response(JSON.stringify({questions, names: []})))));"
        "window.fetch = (path, how) => String(path).startsWith('/suggest') ? later() : real(path, how)"
    )
    box = chat.one("#question")
    for number, typed in enumerate(("old", "new"), start=1):
        chat.insert(typed)
        chat.wait(lambda wanted=number: wanted == chat.run("return window.waiting.length"))
    chat.run("window.waiting[1](['The newer one?']); window.waiting[0](['The older one?'])")
    chat.wait(lambda: ["The newer one?"] == [one.text for one in chat.all("#suggestions li")])
    chat.insert("er")
    chat.wait(lambda: 3 == chat.run("return window.waiting.length"))
    box.send_keys(Keys.ENTER)
    chat.one(".turn .reply")
    chat.run("window.waiting[2](['Too late?'])")
    assert (["oldnewer"], []) == (chat.asked(), chat.all("#suggestions"))


def test_next_questions_follow_the_latest_answer(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN, "/next-questions": {"questions": ["Where were they killed?", "<b>Why?</b>"]}})
    chat.ask("How many were killed?")
    chat.wait(lambda: ["Where were they killed?", "<b>Why?</b>"] == [chip.text for chip in chat.all(".next .chip")])
    assert {"question": "How many were killed?"} == chat.run("return window.sent['/next-questions']")
    chat.all(".next .chip")[0].click()
    chat.wait(lambda: 2 == len(chat.all(".turn .reply")) and 2 == len(chat.all(".next .chip")))
    assert "Where were they killed?" == chat.asked()[-1]
    assert chat.all(".turn")[-1].find_elements(By.CSS_SELECTOR, ".next .chip")


def test_asking_an_earlier_question_again_leaves_the_next_questions(chat: Chat) -> None:
    reply = SEVENTEEN | {"undated_left_out": 1}
    respond(chat, {"/ask": reply, "/next-questions": {"questions": ["Where were they killed?"]}})
    chat.ask("How many were killed?")
    chat.ask("When were they killed?")
    chat.wait(lambda: chat.all(".next .chip"))
    again = chat.all(".turn .reply")[0]
    chat.run("arguments[0].click()", chat.all(".understood .link")[0])  # it may be behind the bar
    chat.wait(lambda: again not in chat.all(".turn .reply") and 2 == len(chat.all(".turn .reply")))
    assert ["Where were they killed?"] == [chip.text for chip in chat.all(".next .chip")]


# Past questions


def test_a_past_conversation_is_found_and_asked_again(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN})
    for question in ("How many officers were killed?", "And <b>why</b>?"):
        chat.ask(question)
    chat.one("#new-conversation").click()
    chat.ask("What was short?")
    chat.one("#open-past").click()
    assert ["What was short?", "How many officers were killed?"] == [name.text for name in chat.all("#past-list .name")]
    chat.one("#find-past").send_keys("KILLED why")
    chat.wait(lambda: 1 == len(chat.all("#past-list .name")))
    chat.one("#past-list .ask-again").click()
    chat.wait(lambda: 2 == len(chat.all(".turn .reply")))
    assert ["How many officers were killed?", "And <b>why</b>?"] == chat.asked()


def test_past_questions_are_removed_and_cleared(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN})
    for question in ("How many?", "What was short?", "Who?"):
        chat.ask(question)
        chat.one("#new-conversation").click()
    chat.open()
    chat.one("#open-past").click()
    chat.all("#past-list [title=Remove]")[0].click()
    assert ["What was short?", "How many?"] == [name.text for name in chat.all("#past-list .name")]
    chat.one("#clear-past").click()
    chat.one("#confirm-yes").click()
    chat.wait(lambda: "No questions yet." in chat.one("#past-none").text)
    assert [] == chat.all("#past-list .name")


def test_a_conversation_is_exported_as_markdown(chat: Chat) -> None:
    respond(chat, {"/ask": SEVENTEEN})
    chat.ask("How many *officers*?")
    chat.run("URL.createObjectURL = (blob) => { blob.text().then((text) => { window.exported = text; }); return '#'; }")
    chat.one("#open-past").click()
    chat.one("#export-conversation").click()
    chat.wait(lambda: chat.run("return window.exported"))
    exported = chat.run("return window.exported")
    assert exported.startswith("## How many \\*officers\\*?\n\n**17**\n\n> ")
    assert RIOT in exported
