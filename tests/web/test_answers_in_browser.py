"""How replies are shown in a real browser."""

from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cli import terminal
from tests.browser import (
    IN_BROWSER,
    LIBRARY,
    RIOT,
    RIOTS,
    Chat,
    announced,
    answer_of,
    fits,
    part_of,
    reply_of,
    respond,
    set_width,
    show_reply,
)

pytestmark = IN_BROWSER


def test_a_short_answer_is_shown_above_its_sentence(chat: Chat) -> None:
    turn = chat.ask("Who led the repair of the harbour bridge?")
    words = turn.find_element(By.CSS_SELECTOR, ".entry .words")
    assert "Amina Farouk" in words.text
    assert words.text == turn.find_element(By.CSS_SELECTOR, ".entry mark").text


def test_the_answer_is_marked_anywhere_in_its_sentence(chat: Chat) -> None:
    for words in ("17", "During the riots", "killed, two of them in the square", RIOT):
        turn = show_reply(chat, reply_of(answer_of(RIOTS, words, RIOT)))
        assert words == turn.find_element(By.CSS_SELECTOR, "mark").text
        assert RIOTS == turn.find_element(By.CSS_SELECTOR, ".quote").text
        around = [part.text for part in turn.find_elements(By.CSS_SELECTOR, ".around")]
        assert ["Tea 🍵 was short.", "It rained."] == around


SHIP = "Mara Delling built a ship. It leaked. She sold it in May."


def test_the_sentence_that_answers_is_quoted_below_that_of_the_name(chat: Chat) -> None:
    named = answer_of(SHIP, "Mara Delling", "Mara Delling built a ship.")
    via = answer_of(SHIP, "She", "She sold it in May.")
    turn = show_reply(chat, reply_of(named | {"via": [via]}))
    quotes = turn.find_elements(By.CSS_SELECTOR, ".quote")
    assert ["Mara Delling built a ship.", "She sold it in May."] == [quote.text for quote in quotes]
    assert ["Mara Delling", "She"] == [mark.text for mark in turn.find_elements(By.CSS_SELECTOR, "mark")]
    same = show_reply(chat, reply_of(named | {"via": [named]}))
    assert 1 == len(same.find_elements(By.CSS_SELECTOR, ".quote"))


def test_a_long_answer_that_is_its_sentence_is_shown_once(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, RIOT, RIOT)))
    assert not turn.find_elements(By.CSS_SELECTOR, ".words")
    assert 1 == turn.text.count(RIOT)


def test_other_answers_can_be_expanded(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT), answer_of(RIOTS, "two", RIOT, 0.6)))
    assert ["17"] == [words.text for words in chat.all(".words")]
    more = turn.find_element(By.CSS_SELECTOR, ".more summary")
    assert "1 other possible answer" == more.text
    more.click()
    assert ["17", "two"] == [words.text for words in chat.all(".words")]
    assert ["17", "two"] == [words.text for words in chat.all("mark")]


def copies(count: int) -> list[dict[str, Any]]:
    about = {"title": "<b>News</b>", "url": None, "published": None}
    return [about | {"id": f"{number:016x}", "source": f"Paper <i>{number}</i>"} for number in range(1, count + 1)]


def test_near_duplicates_are_linked_below_the_answer(chat: Chat) -> None:
    others = [copies(1)[0] | {"source": None}, *copies(7)[1:]]
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"also": others}))
    names = ["<b>News</b>", *(f"Paper <i>{number}</i>" for number in range(2, 6))]
    also = turn.find_element(By.CSS_SELECTOR, ".also")
    assert f"Also in: {', '.join(names)} and 2 more" == also.text
    links = [link.get_attribute("href") for link in also.find_elements(By.CSS_SELECTOR, "a")]
    assert [f"{chat.server}/read/{number:016x}" for number in range(1, 6)] == links


def test_an_answer_without_copies_has_no_line_for_them(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"also": []}, answer_of(RIOTS, "two", RIOT)))
    assert not turn.find_elements(By.CSS_SELECTOR, ".also")


def test_the_items_of_a_list_are_shown_and_marked(chat: Chat) -> None:
    text = "In the box\npump\nhose\nclips\nThe wrench is extra."
    items = [part_of(text, item, item, None) for item in ("pump", "hose", "clips")]
    turn = show_reply(chat, reply_of(answer_of(text, "pump", "pump") | {"parts": items, "missing": []}))
    assert ["pump", "hose", "clips"] == [item.text for item in turn.find_elements(By.CSS_SELECTOR, ".parts li")]
    assert ["pump", "hose", "clips"] == [mark.text for mark in turn.find_elements(By.CSS_SELECTOR, "mark")]
    link = str(turn.find_element(By.CSS_SELECTOR, "a.read").get_attribute("href"))
    assert "?start=11&end=15&from=11&to=15&also=16-20,21-26#here" in link
    bullets = (
        "return [...document.querySelectorAll('.parts li')].map((one) => getComputedStyle(one, '::before').content)"
    )
    assert ['"–"'] * 3 == chat.run(bullets)
    steps = "1. Stop.\n2. Look."
    items = [part_of(steps, item, item, None) for item in steps.split("\n")]
    show_reply(chat, reply_of(answer_of(steps, "1. Stop.", "1. Stop.") | {"parts": items, "missing": []}))
    assert ["none"] * 2 == chat.run(bullets)[3:]


def test_each_of_several_questions_has_its_answer_and_its_quote(chat: Chat) -> None:
    parts = [part_of(RIOTS, "17", RIOT, "How many?"), part_of(RIOTS, "rained", "It rained.", "What was the weather?")]
    answer = answer_of(RIOTS, "17", RIOT) | {"parts": parts, "missing": ["Why?"]}
    turn = show_reply(chat, reply_of(answer))
    assert ["How many? 17", "What was the weather? rained"] == [
        " ".join(item.text.split()) for item in turn.find_elements(By.CSS_SELECTOR, ".parts li")
    ]
    assert "The articles don’t say: Why?" == turn.find_element(By.CSS_SELECTOR, ".missing").text
    assert ["17", "rained"] == [mark.text for mark in turn.find_elements(By.CSS_SELECTOR, "mark")]
    assert 1 == len(turn.find_elements(By.CSS_SELECTOR, "a.read"))


def test_parts_are_marked_in_one_sentence_and_linked_in_another_article(chat: Chat) -> None:
    parts = [part_of(RIOTS, "17", RIOT, "How many?"), part_of(RIOTS, "two", RIOT, "How many in the square?")]
    rain = part_of(RIOTS, "rained", "It rained.", "What was the weather?")
    rain["article"] = rain["article"] | {"id": "1" * 16, "title": "Weather"}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"parts": [*parts, rain], "missing": []}))
    assert ["17", "two", "rained"] == [mark.text for mark in turn.find_elements(By.CSS_SELECTOR, "mark")]
    assert ["News", "Weather"] == [title.text for title in turn.find_elements(By.CSS_SELECTOR, ".title")]
    links = [str(link.get_attribute("href")) for link in turn.find_elements(By.CSS_SELECTOR, "a.read")]
    assert ["0" * 16, "1" * 16] == [link.split("/read/")[1].split("?")[0] for link in links]


def test_one_span_that_holds_all_parts_is_shown_alone(chat: Chat) -> None:
    words = "17 officers were killed, two"
    parts = [part_of(RIOTS, "17", RIOT, "How many?"), part_of(RIOTS, "two", RIOT, "How many of them?")]
    turn = show_reply(chat, reply_of(answer_of(RIOTS, words, RIOT) | {"parts": parts, "missing": []}))
    assert words == turn.find_element(By.CSS_SELECTOR, ".words").text
    assert not turn.find_elements(By.CSS_SELECTOR, ".parts")


def test_the_place_of_an_answer_stands_below_the_title(chat: Chat) -> None:
    for page, heading, lines in (
        (7, "Leave", ["p. 7 · Leave"]),
        (7, None, ["p. 7"]),
        (None, "<b>Leave</b>", ["<b>Leave</b>"]),
        (None, None, []),
    ):
        place = None if not lines else {"page": page, "heading": heading}
        turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"place": place}))
        assert lines == [one.text for one in turn.find_elements(By.CSS_SELECTOR, ".byline .place")]


def test_a_long_place_is_shown_whole_on_a_phone(chat: Chat) -> None:
    set_width(chat.driver, 360)
    place = {"page": 7, "heading": "Leave of those who have worked here for less than half a year, and of guests"}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"place": place}))
    title, shown = (turn.find_element(By.CSS_SELECTOR, f".byline {name}") for name in (".title", ".place"))
    lefts = chat.run("return [...arguments[0].lastChild.getClientRects()].map(({ left }) => left)", shown)
    assert len(lefts) > 1
    assert all(left >= title.rect["x"] for left in lefts)
    assert fits(chat)


def published(answer: dict[str, Any], day: str | None, source: str | None) -> dict[str, Any]:
    return answer | {"article": answer["article"] | {"published": day, "source": source}}


def test_a_date_of_the_answer_is_told_below_it(chat: Chat) -> None:
    answer = published(answer_of(RIOTS, "17", RIOT), "2022-02-01", None)
    for value, end_value, guess, lines in (
        ("2022-01-19", None, False, ["that is January 19, 2022"]),
        ("2022-W01", None, True, ["that is probably the week of January 3, 2022"]),
        ("2022-05", "2022-07", False, ["that is May 2022 to July 2022"]),
        ("P2D", None, False, []),
        (None, None, False, []),
    ):
        date = {name: answer[name] for name in ("text", "start", "end")} | {"value": value, "end_value": end_value}
        turn = show_reply(chat, reply_of(answer | {"dates": [date | {"grain": "day", "guess": guess}]}))
        assert lines == [one.text for one in turn.find_elements(By.CSS_SELECTOR, ".resolved")]
        origin = "published February 1, 2022" if lines else "February 1, 2022"
        assert [origin] == [one.text for one in turn.find_elements(By.CSS_SELECTOR, ".origin")]


def test_who_says_it_stands_below_the_answer(chat: Chat) -> None:
    reporter = {"text": "During the riots", "start": 0, "end": 16}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"attribution": reporter}))
    assert "Reported: During the riots" == turn.find_element(By.CSS_SELECTOR, ".attribution").text


def test_date_and_source_stand_beside_the_words_of_the_answer(chat: Chat) -> None:
    answer = answer_of(RIOTS, "17", RIOT)
    several = {"sources": 2, "clusters": 3, "newest": "2022-01-12", "articles": []}
    for day, source, support, lines in (
        ("2022-01-10", "<b>Gazette</b>", several, ["January 10, 2022", "<b>Gazette</b>", "2 sources, newest Jan 12"]),
        ("2022-01-12", None, several | {"sources": 1}, ["January 12, 2022", "3 articles"]),
        (None, "Gazette", several | {"clusters": 1}, ["Gazette"]),
        (None, None, None, []),
    ):
        turn = show_reply(chat, reply_of(published(answer, day, source) | {"support": support}))
        assert lines == [one.text for one in turn.find_elements(By.CSS_SELECTOR, ".said .origin > span")]


def test_what_other_reports_say_stands_open_below_the_answer(chat: Chat) -> None:
    earlier = published(part_of(RIOTS, "two", RIOT, None), "2021-12-31", "<b>Gazette</b>")
    differing = published(part_of(RIOTS, "rained", "It rained.", None), "2022-01-10", None)
    answer = published(answer_of(RIOTS, "17", RIOT), "2022-01-11", "Post")
    turn = show_reply(chat, reply_of(answer | {"supersedes": [earlier], "differs": [differing]}))
    lines = turn.find_elements(By.CSS_SELECTOR, ".other-values li")
    expected = ["differs: rained (Jan 10, News)", "earlier: two (Dec 31, 2021, <b>Gazette</b>)"]
    assert expected == [line.text for line in lines if line.is_displayed()]
    link = turn.find_element(By.CSS_SELECTOR, ".other-values a").get_attribute("href")
    assert f"start={differing['start']}&end={differing['end']}" in str(link)
    assert announced(chat, "17. ") == "17. Sure. Another report differs: rained. Earlier: two. From News."


def test_how_an_answer_changed_is_shown_on_demand(chat: Chat) -> None:
    first, last = (part_of(RIOTS, words, RIOT, None) for words in ("two", "17"))
    answer = published(answer_of(RIOTS, "17", RIOT), "2022-01-11", "Post") | {"supersedes": [first]}
    turn = show_reply(chat, reply_of(answer) | {"timeline": []})
    entries = [
        {"answer": published(first, "2022-01-08", "Post"), "first": "2022-01-08", "last": "2022-01-09"},
        {"answer": published(last, "2022-01-11", "Post"), "first": "2022-01-11", "last": "2022-01-11T08:00:00Z"},
    ]
    respond(chat, {"/ask": reply_of(answer) | {"timeline": entries}})
    turn.find_element(By.CSS_SELECTOR, ".history summary").click()
    chat.one(".timeline")
    lines = [line.text.split("\n") for line in chat.all(".timeline li")]
    assert [["Jan 8 – Jan 9, 2022", "two", "News · Post"], ["Jan 11, 2022", "17", "News · Post"]] == lines
    assert f"start={first['start']}&" in str(chat.all(".timeline a")[0].get_attribute("href"))
    assert chat.run("return window.sent['/ask'].timeline") is True
    assert not show_reply(chat, reply_of(answer | {"supersedes": []})).find_elements(By.CSS_SELECTOR, ".history")


def test_news_are_a_dated_list_and_a_summary_is_quoted_in_order(chat: Chat) -> None:
    sentences = ("Tea 🍵 was short.", RIOT, "It rained.")
    days = ("2022-01-12", "2022-01-11", "2022-01-11")
    news = [published(answer_of(RIOTS, one, one), day, "Post") for one, day in zip(sentences, days, strict=True)]
    for number, one in enumerate(news):
        one["article"] |= {"id": f"{number:016x}"}
    news[2]["article"]["published"] = None
    turn = show_reply(chat, reply_of(*news) | {"understood": {"question": "?", "overview": "news"}})
    assert ["January 12, 2022", "January 11, 2022", "Undated"] == [day.text for day in chat.all(".news .day")]
    assert list(sentences) == [quote.text for quote in turn.find_elements(By.CSS_SELECTOR, ".news blockquote")]
    summary = reply_of(*(answer_of(RIOTS, one, one) for one in sentences))
    turn = show_reply(chat, summary | {"understood": {"question": "?", "overview": "summary"}})
    assert list(sentences) == [quote.text for quote in turn.find_elements(By.CSS_SELECTOR, ".summary .quote")]
    assert 1 == len(turn.find_elements(By.CSS_SELECTOR, "a.read"))


def test_a_question_about_the_library_is_answered_in_words(chat: Chat) -> None:
    text = "There are 49 articles."
    library = {"kind": "count", "text": text, "count": 49, "items": [], "articles": []}
    turn = show_reply(chat, reply_of(hint=text) | {"library": library})
    assert text == turn.find_element(By.CSS_SELECTOR, ".reply").text
    assert text == announced(chat, "There")
    named = library | {"text": "The newest: “<b>News</b>”; “<b>News</b>”.", "articles": copies(2)}
    turn = show_reply(chat, reply_of(hint=text) | {"library": named})
    assert named["text"] == turn.find_element(By.CSS_SELECTOR, ".reply").text
    links = [link.get_attribute("href") for link in turn.find_elements(By.CSS_SELECTOR, ".library a")]
    assert [f"{chat.server}/read/{number:016x}" for number in (1, 2)] == links


FARES = "Ticket | Single | Return\nAdult | 14 | 25"
FARE = "Adult | 14 | 25"


def test_the_row_and_the_column_are_named_below_a_cell(chat: Chat) -> None:
    texts = {"header": "Ticket | Single | Return", "column": "Return", "row": "Adult"}
    spans = {
        name: {"text": text, "start": FARES.index(text), "end": FARES.index(text) + len(text)}
        for name, text in texts.items()
    }
    for first, shown in ((0, "Adult · Return"), (25, "Adult · Return\nTicket | Single | Return")):
        context = {"text": FARES[first:], "start": first, "end": len(FARES)}
        turn = show_reply(chat, reply_of(answer_of(FARES, "25", FARE) | {"table": spans, "context": context}))
        assert shown == turn.find_element(By.CSS_SELECTOR, ".cell").text


def test_whole_rows_of_a_long_table_stand_around_a_cell_with_the_header_above(chat: Chat) -> None:
    header = "Boat | Berths | Deposit"
    rows = [f"Boat number {number} | {number} | £{number}00" for number in range(1, 30)]
    text = "\n".join((header, *rows))
    spans = {"header": {"text": header, "start": 0, "end": len(header)}, "column": None, "row": None}
    turn = show_reply(chat, reply_of(answer_of(text, "£1500", rows[14]) | {"table": spans}))
    assert header == turn.find_element(By.CSS_SELECTOR, ".cell").text
    first, *shown, last = turn.find_element(By.CSS_SELECTOR, ".quote").text.split("\n")
    assert ("…", "…") == (first, last)
    assert rows[14] in shown
    assert set(shown) < set(rows)


def test_right_to_left_text_begins_at_the_right(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(LIBRARY, "ביום ראשון, 4 במאי", LIBRARY)))
    for selector in (".said", ".quote"):
        found = turn.find_element(By.CSS_SELECTOR, selector)
        assert "rtl" == found.value_of_css_property("direction")
    words, sure = (turn.find_element(By.CSS_SELECTOR, one).rect for one in (".words", ".confidence"))
    assert words["x"] > sure["x"]
    assert "3px" == turn.find_element(By.CSS_SELECTOR, ".quote").value_of_css_property("border-right-width")


def test_confidence_is_in_words_with_the_number_behind_them(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT, 0.83)))
    found = turn.find_element(By.CSS_SELECTOR, ".confidence")
    assert found.text.startswith("Fairly sure")
    assert "83 in 100 answers like this one are right" == found.get_attribute("title")


def test_the_page_and_the_terminal_put_confidence_into_the_same_words(chat: Chat) -> None:
    values = [number / 100 for number in range(101)]
    script = (
        "const [values, done] = arguments;"
        "import('/static/js/text.js')"
        ".then(({ confidenceInWords }) => done(values.map((value) => confidenceInWords(value).words)))"
    )
    words = chat.driver.execute_async_script(script, values)
    assert [terminal.confidence_in_words(value).capitalize() for value in values] == words


# Hints


def test_small_talk_shows_only_the_hint(chat: Chat) -> None:
    turn = chat.ask("thanks")
    assert "You're welcome! Ask whenever something else comes up." == turn.find_element(By.CSS_SELECTOR, ".reply").text


def test_a_lone_hint_is_shown_and_announced(chat: Chat) -> None:
    hint = "There are no articles to answer from yet."
    turn = show_reply(chat, reply_of(hint=hint))
    assert hint == turn.find_element(By.CSS_SELECTOR, ".reply").text
    chat.wait(lambda: hint == chat.run("return announcer.textContent"))


def test_an_answer_is_announced_with_confidence_and_title(chat: Chat) -> None:
    show_reply(chat, reply_of(answer_of(RIOTS, RIOT, RIOT)))
    chat.wait(lambda: RIOT in chat.run("return announcer.textContent"))
    assert f"{RIOT} Sure. From News." == chat.run("return announcer.textContent")


def test_markup_in_an_article_is_text_everywhere_and_no_script_runs(chat: Chat) -> None:
    turn = chat.ask("What is the password of the old lighthouse?")
    assert "<b>" in turn.text
    assert not turn.find_elements(By.CSS_SELECTOR, "b, img, script")
    read = turn.find_element(By.CSS_SELECTOR, "a.read").get_attribute("href")
    chat.open("/library")
    chat.wait(lambda: "<script>" in chat.one("#articles tbody").text)
    assert chat.run("return window.hacked") is None
    chat.driver.get(str(read))
    assert "<img src=x" in chat.one(".text").text
    assert chat.run("return window.hacked") is None


def test_an_answer_is_cited_in_other_formats(chat: Chat) -> None:
    turn = chat.ask("Who led the repair of the harbour bridge?")
    cite = turn.find_element(By.CSS_SELECTOR, ".entry .cite")
    cite.find_element(By.TAG_NAME, "summary").click()
    ris = cite.find_element(By.XPATH, ".//button[contains(., 'RIS')]")
    ris.click()
    chat.wait(lambda: "Copied" in ris.text)
    box = chat.one("#question")
    box.send_keys(Keys.CONTROL, "v")
    assert "TY  - GEN" in box.get_property("value")
    assert "N1  - “" in box.get_property("value")
    box.clear()


def test_a_reply_has_an_address_that_shows_it_and_what_is_answered_now(chat: Chat) -> None:
    turn = chat.ask("Who led the repair of the harbour bridge?")
    link = turn.find_element(By.CSS_SELECTOR, ".share button")
    link.click()
    chat.wait(lambda: "Copied" in link.text)
    box = chat.one("#question")
    box.send_keys(Keys.CONTROL, "v")
    address = str(box.get_property("value"))
    chat.driver.get(address)
    chat.wait(lambda: "still answer so" in chat.one("#saved-now").text)
    assert "Who led the repair of the harbour bridge?" == chat.one("#saved-question").text
    assert "Amina Farouk" in chat.one("#saved-reply .words").text
    chat.driver.get(f"{chat.server}/a/none")
    assert "no saved reply" in chat.one("main").text
