"""The web chat in a real browser, against a real server started as a user starts it."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from cli import terminal
from qa.query.parser import MAX_QUESTION
from qa.reader.loader import SENTENCES
from tests.processes import running_server
from tests.web_server import Site, rss

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
SAMPLE = Path(__file__).parents[2] / "corpus" / "articles"
PATIENCE_S = 20

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="needs chromium and chromedriver"),
]

BRIDGE = (
    "The harbour bridge reopens\n"
    "After eight weeks of work 🚲🚢 the harbour bridge will reopen to traffic on Monday, 3 March. "
    "Cyclists get a lane of their own on the eastern side.\n"
    "Amina Farouk led the repair of the harbour bridge. The city paid 2.4 million euros for it.\n"
)
SLUICE = (
    "# Opening the sluice\n\n7. Ring the keeper.\n8. Rake out the branches.\n9. השער העליון נסגר\n\n"
    "| Date | Warden | Phone | From – to | Remark |\n|---|---|---|---|---|\n"
    "| 2026-05-14 | Isla Farquhar | +44 1463 555 0182 | 08:15 – 09:40 | Raked on 2026-05-13, when a bicycle and"
    " two branches were found in the rack |\n"
)
HOSTILE = (
    "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 2'>\n"
    "The password of the old lighthouse is <b>rosebud</b>, says the keeper.\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve what answers with whole sentences: no model decides what these tests see."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "articles").mkdir()
    (folder / "articles" / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    (folder / "articles" / "lighthouse.txt").write_text(HOSTILE, encoding="utf-8")
    (folder / "articles" / "sluice.md").write_text(SLUICE, encoding="utf-8")
    flags = ("--articles", str(folder / "articles"), "--reader", SENTENCES)
    with running_server(folder / "state", *flags) as address:
        yield address


@pytest.fixture(scope="module")
def reading_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample article as a fresh checkout does."""
    folder = tmp_path_factory.mktemp("fresh")
    with running_server(folder / "state", "--articles", str(SAMPLE)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    flags = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-sync force-prefers-reduced-motion"
    flags += f" disable-background-networking disable-component-update user-data-dir={tmp_path_factory.mktemp('p')}"
    for flag in flags.split():
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    yield driver
    driver.quit()


class Chat:
    """The chat as a person uses it."""

    def __init__(self, driver: webdriver.Chrome, server: str) -> None:
        self.driver = driver
        self.server = server

    def open(self, path: str = "/") -> None:
        self.driver.get(self.server + path)

    def run(self, script: str, *given: object) -> Any:
        return self.driver.execute_script(script, *given)

    def all(self, selector: str) -> list[WebElement]:
        return [found for found in self.driver.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()]

    def one(self, selector: str) -> WebElement:
        """Return the last element that is shown, waiting for one."""
        self.wait(lambda: self.all(selector))
        return self.all(selector)[-1]

    def ask(self, question: str) -> WebElement:
        """Ask, and return the turn with its reply."""
        before = len(self.all(".turn .reply"))
        self.one("#question").send_keys(question, Keys.ENTER)
        self.wait(lambda: len(self.all(".turn .reply")) > before)
        return self.one(".turn")

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds; what the page replaces meanwhile is looked up anew."""
        patience = WebDriverWait(self.driver, PATIENCE_S, 0.1, [StaleElementReferenceException])
        patience.until(lambda _: condition())

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def focus(self) -> str:
        focus: str = self.run("return document.activeElement.id")
        return focus

    def asked(self) -> list[str]:
        return [heading.text for heading in self.all(".asked")]


@pytest.fixture
def chat(chromium: webdriver.Chrome, server: str) -> Iterator[Chat]:
    """Return the chat, opened anew; whatever a test does, the console must hold no error when it is done."""
    set_width(chromium, 1280)
    chromium.get("about:blank")
    chromium.get_log("browser")
    chat = Chat(chromium, server)
    go_offline(chat, offline=False)
    chat.open()
    yield chat
    entries = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [] == [message for message in entries if "Failed to load resource" not in message or ".js" in message]


def set_width(driver: webdriver.Chrome, width: int) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def test_the_answer_is_marked_in_its_sentence_and_cites_its_article(chat: Chat) -> None:
    turn = chat.ask("When will the harbour bridge reopen to traffic?")
    mark = turn.find_element(By.CSS_SELECTOR, ".entry mark")
    assert "3 March" in mark.text
    assert "the harbour bridge will reopen to traffic on" in turn.find_element(By.CSS_SELECTOR, ".quote").text
    assert "The harbour bridge reopens" in turn.find_element(By.CSS_SELECTOR, ".title").text


def test_a_short_answer_is_shown_above_its_sentence(chat: Chat) -> None:
    turn = chat.ask("Who led the repair of the harbour bridge?")
    words = turn.find_element(By.CSS_SELECTOR, ".entry .words")
    assert "Amina Farouk" in words.text
    assert words.text == turn.find_element(By.CSS_SELECTOR, ".entry mark").text


def test_an_answer_opens_its_article_at_the_quote(chat: Chat) -> None:
    turn = chat.ask("When will the harbour bridge reopen to traffic?")
    words = turn.find_element(By.CSS_SELECTOR, ".entry mark").text
    turn.find_element(By.CSS_SELECTOR, "a.read").click()
    assert words == chat.one("#here").text
    assert chat.driver.current_url.endswith("#here")
    assert chat.run("const r = here.getBoundingClientRect(); return r.top >= 0 && r.bottom < innerHeight")


def test_coming_back_from_an_article_restores_the_conversation(chat: Chat) -> None:
    chat.ask("Who led the repair of the harbour bridge?")
    turn = chat.ask("When will the harbour bridge reopen to traffic?")
    questions = chat.asked()
    turn.find_element(By.CSS_SELECTOR, "a.read").click()
    chat.one("#here")
    chat.driver.back()
    chat.wait(chat.asked)
    assert questions == chat.asked()


def test_an_unanswered_question_shows_the_closest_passages(chat: Chat) -> None:
    turn = chat.ask("At what temperature does tungsten melt?")
    assert turn.find_element(By.CSS_SELECTOR, ".unanswered").text == "The articles don’t say."
    assert turn.find_elements(By.CSS_SELECTOR, ".closest .quote")
    assert not turn.find_elements(By.CSS_SELECTOR, "mark")


# Exact words


@pytest.fixture
def reading(chat: Chat, reading_server: str) -> Chat:
    """The chat of a fresh checkout."""
    fresh = Chat(chat.driver, reading_server)
    fresh.open()
    return fresh


@pytest.mark.model
def test_the_answer_is_large_and_marked_in_its_sentence(reading: Chat) -> None:
    turn = reading.ask("when does the withdrawal finish?")
    assert "January 19" == turn.find_element(By.CSS_SELECTOR, ".entry .words").text
    assert "January 19" == turn.find_element(By.CSS_SELECTOR, ".entry mark").text
    quote = turn.find_element(By.CSS_SELECTOR, ".quote").text
    assert "The final withdrawal of peacekeepers is scheduled to be completed on January 19." in quote


@pytest.mark.model
def test_the_answer_and_its_sentence_are_marked_in_the_article(reading: Chat) -> None:
    turn = reading.ask("when does the withdrawal finish?")
    turn.find_element(By.CSS_SELECTOR, "a.read").click()
    assert "January 19" == reading.one("#here").text
    near = reading.run("return [...document.querySelectorAll('.near')].map((part) => part.textContent)")
    assert ["The final withdrawal of peacekeepers is scheduled to be completed on ", "."] == near


def answer_of(text: str, words: str, sentence: str, confidence: float = 0.95) -> dict[str, Any]:
    """Return an answer of a reply: these words in this sentence of a text."""
    begin = text.index(sentence)
    start = begin + sentence.index(words)
    return {
        "text": words,
        "start": start,
        "end": start + len(words),
        "confidence": confidence,
        "sentence": {"text": sentence, "start": begin, "end": begin + len(sentence)},
        "context": {"text": text, "start": 0, "end": len(text)},
        "article": {"id": "0" * 16, "title": "News", "url": None, "published": None, "source": None},
    }


def reply_of(*answers: dict[str, Any], hint: str | None = None) -> dict[str, Any]:
    reply = {"question": "?", "answered": len(answers) > 0, "closest": [], "generation": 1, "took_ms": 7.0}
    return reply | {"answers": list(answers), "hint": hint}


def show_reply(chat: Chat, reply: dict[str, Any]) -> WebElement:
    """Have the server answer with this reply, and return the turn that shows it."""
    chat.run(
        "const [reply] = arguments, real = window.fetch; window.fetch = (path, how) => path !== '/ask'"
        " ? real(path, how) : Promise.resolve(new Response(JSON.stringify(reply)))",
        reply,
    )
    return chat.ask("Who, what, when and where?")


RIOTS = "Tea 🍵 was short. During the riots, 17 officers were killed, two of them in the square. It rained."
RIOT = "During the riots, 17 officers were killed, two of them in the square."
LIBRARY = "הספרייה החדשה בחיפה תיפתח ביום ראשון, 4 במאי."


@pytest.mark.parametrize("words", ["17", "During the riots", "killed, two of them in the square", RIOT])
def test_the_answer_is_marked_anywhere_in_its_sentence(chat: Chat, words: str) -> None:
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


def part_of(text: str, words: str, sentence: str, question: str | None) -> dict[str, Any]:
    answer = answer_of(text, words, sentence)
    return {name: answer[name] for name in ("text", "start", "end", "sentence", "article")} | {"question": question}


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


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ({"page": 7, "heading": "Leave"}, "p. 7 · Leave"),
        ({"page": 7, "heading": None}, "p. 7"),
        ({"page": None, "heading": "<b>Leave</b>"}, "<b>Leave</b>"),
    ],
)
def test_the_place_of_an_answer_stands_below_the_title(chat: Chat, place: dict[str, Any], line: str) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"place": place}))
    assert line == turn.find_element(By.CSS_SELECTOR, ".byline .place").text


def test_a_long_place_is_shown_whole_on_a_phone(chat: Chat) -> None:
    set_width(chat.driver, 360)
    place = {"page": 7, "heading": "Leave of those who have worked here for less than half a year, and of guests"}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"place": place}))
    title, shown = (turn.find_element(By.CSS_SELECTOR, f".byline {name}") for name in (".title", ".place"))
    lefts = chat.run("return [...arguments[0].lastChild.getClientRects()].map(({ left }) => left)", shown)
    assert len(lefts) > 1
    assert all(left >= title.rect["x"] for left in lefts)
    assert fits(chat)


def test_an_answer_whose_place_is_unknown_has_no_line_for_it(chat: Chat) -> None:
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"place": None}))
    assert not turn.find_elements(By.CSS_SELECTOR, ".place")


@pytest.mark.parametrize(
    ("value", "end_value", "guess", "line"),
    [
        ("2022-01-19", None, False, "January 19, 2022"),
        ("2022-W01", None, True, "probably the week of January 3, 2022"),
        ("2022-05", "2022-07", False, "May 2022 to July 2022"),
        ("P2D", None, False, None),
        (None, None, False, None),
    ],
)
def test_a_date_of_the_answer_is_told_below_it(
    chat: Chat, value: str | None, end_value: str | None, guess: bool, line: str | None
) -> None:
    answer = answer_of(RIOTS, "17", RIOT)
    date = {name: answer[name] for name in ("text", "start", "end")} | {"value": value, "end_value": end_value}
    turn = show_reply(chat, reply_of(answer | {"dates": [date | {"grain": "day", "guess": guess}]}))
    assert ([] if line is None else [line]) == [one.text for one in turn.find_elements(By.CSS_SELECTOR, ".resolved")]


def test_who_says_it_stands_below_the_answer(chat: Chat) -> None:
    reporter = {"text": "During the riots", "start": 0, "end": 16}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"attribution": reporter}))
    assert "Reported: During the riots" == turn.find_element(By.CSS_SELECTOR, ".attribution").text


def test_what_other_reports_say_stands_below_the_answer(chat: Chat) -> None:
    earlier = part_of(RIOTS, "two", RIOT, None) | {"confidence": 0.8}
    earlier["article"] |= {"published": "2022-01-10", "source": "<b>Gazette</b>"}
    differing = part_of(RIOTS, "rained", "It rained.", None) | {"confidence": 0.8}
    support = {"sources": 2, "clusters": 3, "newest": None, "articles": []}
    others = {"supersedes": [earlier], "differs": [differing], "support": support}
    turn = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | others))
    lines = [line.text for line in turn.find_elements(By.CSS_SELECTOR, ".other-values li")]
    assert lines[0].startswith("Differs: rained · ")
    assert lines[1].startswith("Earlier: two · ")
    assert lines[1].endswith(" · <b>Gazette</b>")
    assert "2 sources say this" == lines[2]
    link = turn.find_element(By.CSS_SELECTOR, ".other-values a").get_attribute("href")
    assert f"start={differing['start']}&end={differing['end']}" in str(link)
    alone = show_reply(chat, reply_of(answer_of(RIOTS, "17", RIOT) | {"support": support | {"clusters": 1}}))
    assert not alone.find_elements(By.CSS_SELECTOR, ".other-values")


FARES = "Ticket | Single | Return\nAdult | 14 | 25"
FARE = "Adult | 14 | 25"


@pytest.mark.parametrize(("first", "shown"), [(0, "Adult · Return"), (25, "Adult · Return\nTicket | Single | Return")])
def test_the_row_and_the_column_are_named_below_a_cell(chat: Chat, first: int, shown: str) -> None:
    texts = {"header": "Ticket | Single | Return", "column": "Return", "row": "Adult"}
    spans = {
        name: {"text": text, "start": FARES.index(text), "end": FARES.index(text) + len(text)}
        for name, text in texts.items()
    }
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
    chat.one("#open-library").click()
    chat.one("#articles li")
    chat.press(Keys.ESCAPE)
    turn.find_element(By.CSS_SELECTOR, "a.read").click()
    assert "<img src=x" in chat.one(".text").text
    assert chat.run("return window.hacked") is None


def type_text(chat: Chat, text: str) -> None:
    """Open the form for a text, and type one."""
    chat.one("#open-add").click()
    chat.one("#tab-text").click()
    chat.one("#add-text [name=text]").send_keys(text)


def add_typed_text(chat: Chat) -> None:
    """Add the typed text, and close the form when it is ready."""
    chat.one("#add-text [type=submit]").click()
    chat.wait(lambda: "Ready" in chat.one(".item").text)
    chat.press(Keys.ESCAPE)


def test_pasted_text_answers_once_it_is_ready(chat: Chat) -> None:
    type_text(chat, "The clock tower of Elmsworth was built by Tobias Wren in 1874.")
    chat.one("#add-text [name=title]").send_keys("The clock tower")
    add_typed_text(chat)
    turn = chat.ask("Who built the clock tower of Elmsworth?")
    assert "Tobias Wren" in turn.find_element(By.CSS_SELECTOR, ".entry mark").text


def test_each_of_several_files_shows_its_result(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "mill.txt").write_text(
        "The mill\nThe water mill of Brackley grinds spelt on Thursdays.", encoding="utf-8"
    )
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n\xff\xfe\x00 and then nothing of the kind")
    chat.one("#open-add").click()
    files = chat.driver.find_element(By.ID, "files")
    files.send_keys(f"{tmp_path / 'mill.txt'}\n{tmp_path / 'broken.pdf'}")
    chat.wait(lambda: (1, 1) == (len(chat.all(".item.done")), len(chat.all(".item.bad"))))
    assert "broken.pdf" in chat.one(".item.bad").text
    assert ["Dismiss"] == [button.text for button in chat.all(".item.bad button")]


def test_tables_and_documents_are_told_apart(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text(
        "\ufefftitle;Text\nTrams;The tram of Brackley stops at noon.\n", encoding="utf-8"
    )
    (tmp_path / "ports.csv").write_text("Port,Time\nNorth,08:15\n", encoding="utf-8")
    (tmp_path / "more.jsonl").write_text('{"text": "The bus waits."}\n{"title": "Empty"}\n', encoding="utf-8")
    (tmp_path / "photo.xyz").write_bytes(b"nothing of the kind")
    chat.one("#open-add").click()
    files = chat.driver.find_element(By.ID, "files")
    names = ("news.csv", "ports.csv", "more.jsonl", "photo.xyz")
    files.send_keys("\n".join(str(tmp_path / name) for name in names))
    chat.wait(lambda: (2, 2) == (len(chat.all(".item.done")), len(chat.all(".item.bad"))))
    said = " ".join(item.text for item in chat.all(".item"))
    assert "1 article added" in said
    assert "1 not added. Line 2: It has no text." in said
    assert ".xyz is no format that Citeline reads" in said
    assert "Try again" not in said


def test_a_deleted_file_is_not_reported_as_a_server_error(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "gone.txt").write_text("Gone before it was sent.", encoding="utf-8")
    chat.one("#open-add").click()
    chat.run(
        "files.addEventListener('change', (event) => event.stopImmediatePropagation(), {capture: true, once: true})"
    )
    chat.driver.find_element(By.ID, "files").send_keys(str(tmp_path / "gone.txt"))
    (tmp_path / "gone.txt").unlink()
    chat.run("files.dispatchEvent(new Event('change'))")
    assert "This can’t be read" in chat.one(".item.bad").text


def test_a_change_asks_for_the_token_until_it_is_right(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELINE_TOKEN", "the right one")
    (tmp_path / "kite.txt").write_text("The kite festival of Dunmore is in May.", encoding="utf-8")
    (tmp_path / "mill.txt").write_text("The mill of Dunmore grinds oats.", encoding="utf-8")
    (tmp_path / "none").mkdir()
    flags = ("--articles", str(tmp_path / "none"), "--reader", SENTENCES)
    with running_server(tmp_path / "state", *flags) as address:
        chat.driver.get(address)
        chat.one("#open-add").click()
        chat.driver.find_element(By.ID, "files").send_keys(f"{tmp_path / 'kite.txt'}\n{tmp_path / 'mill.txt'}")
        chat.one("#token-value").send_keys("a wrong one", Keys.ENTER)
        chat.one("#token-wrong")
        chat.one("#token-value").send_keys("the right one", Keys.ENTER)
        chat.wait(lambda: 2 == len(chat.all(".item.done")))
        assert not chat.all("#token")


def test_typed_text_stays_when_the_server_refuses_it(chat: Chat) -> None:
    type_text(chat, "A text that must not be lost.")
    chat.one("#add-text summary").click()
    chat.one("#add-text [name=url]").send_keys("ftp:nothing")
    chat.one("#add-text [type=submit]").click()
    assert "ftp:nothing" in chat.one("#add-text .field-error").text
    assert chat.one("#add-text [name=text]").get_attribute("value") == "A text that must not be lost."


def test_suggestions_are_about_existing_articles_newest_first(chat: Chat) -> None:
    newest = json.dumps({"title": "The pier is mended", "text": "The pier of Aldmoor is mended since Monday."})
    chat.run(
        "return fetch('/articles?wait=true', {method: 'POST', headers: arguments[1], body: arguments[0]})"
        ".then((reply) => reply.status)",
        newest,
        {"Content-Type": "application/json"},
    )
    chat.open()
    chat.wait(lambda: chat.all(".chip"))
    chips = [chip.text for chip in chat.all(".chip")]
    assert "Tell me about “The pier is mended”" == chips[0]
    assert [] == [chip for chip in chips if "withdrawal" in chip]
    chat.all(".chip")[0].click()
    assert "The pier is mended" in chat.one(".turn .title").text


def test_the_sample_has_suggestions_until_it_is_deleted(chat: Chat, tmp_path: Path) -> None:
    with running_server(tmp_path / "state", "--articles", str(SAMPLE), "--reader", SENTENCES) as address:
        page = Chat(chat.driver, address)
        page.open()
        assert "When does the withdrawal finish?" == page.all(".chip")[0].text
        page.one("#open-library").click()
        page.one("#articles .button").click()
        page.one("#confirm-yes").click()
        page.one("#library-none")
        page.press(Keys.ESCAPE)
        page.one(".none")
        assert [] == page.all(".chip")
        chat.open()


def test_an_article_is_deleted_only_after_confirmation(chat: Chat) -> None:
    type_text(chat, "A note to be deleted: the kiosk sells nine sorts of tea.")
    add_typed_text(chat)
    chat.one("#open-library").click()
    button = "#articles [aria-label^='Delete A note to be deleted']"
    chat.one(button).click()
    chat.one("#confirm [value=no]").click()
    assert chat.all(button)
    chat.one(button).click()
    chat.one("#confirm-yes").click()
    chat.wait(lambda: not chat.all(button))


def test_an_article_is_edited_by_keyboard_alone_and_errors_stand_at_their_field(chat: Chat) -> None:
    type_text(chat, "A note to be put right: the quay has eleven cranes.")
    add_typed_text(chat)
    chat.one("#open-library").click()
    chat.one("#articles [aria-label^='Edit A note to be put right']").send_keys(Keys.ENTER)
    assert (chat.one("#edit [name=title]").get_attribute("value") or "").startswith("A note to be put right")
    assert "title" == chat.run("return document.activeElement.name")
    chat.one("#edit [name=title]").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE, Keys.ENTER)
    assert "Enter a title." == chat.one("#edit-title-error").text
    chat.one("#edit [name=title]").send_keys("Cranes of the quay")
    chat.one("#edit [name=published]").send_keys("02032026")
    chat.one("#edit [name=tags]").send_keys("quay, cranes ,")
    chat.one("#edit [name=url]").send_keys("harbour", Keys.ENTER)
    assert "A web address starts with https:// or http://." == chat.one("#edit-url-error").text
    assert [] == chat.all("#edit-title-error")
    chat.one("#edit [name=url]").send_keys(Keys.CONTROL, "a", Keys.NULL, "http://" + "h" * 200 + ":0/", Keys.ENTER)
    chat.wait(lambda: "is not a web address" in chat.one("#edit-url-error").text)
    chat.one("#edit [name=url]").send_keys(Keys.CONTROL, "a", Keys.NULL, "https://quay.example/", Keys.ENTER)
    chat.wait(lambda: not chat.all("#edit"))
    chat.wait(lambda: chat.run("return document.activeElement.ariaLabel") == "Edit Cranes of the quay")
    chat.press(Keys.ENTER)
    chat.wait(lambda: len(chat.all("#edit input")) == 9)
    shown = {field.get_attribute("name"): field.get_attribute("value") for field in chat.all("#edit input")}
    expected = {"title": "Cranes of the quay", "published": "2026-02-03", "tags": "quay, cranes"}
    others = dict.fromkeys(("updated", "effective", "source", "language", "replaces"), "")
    assert expected | {"url": "https://quay.example/"} | others == shown
    chat.press("x", Keys.ESCAPE)
    chat.wait(lambda: not chat.all("#edit"))
    assert chat.all("#articles [aria-label='Edit Cranes of the quay']")


def test_articles_are_filtered_while_typing_by_keyboard_alone(chat: Chat) -> None:
    chat.one("#open-library").click()
    chat.wait(lambda: len(chat.all("#articles li")) > 1)
    everything = len(chat.all("#articles li"))
    chat.press("/")
    assert "filter" == chat.focus
    chat.press("HARBOUR brid")
    chat.wait(lambda: ["The harbour bridge reopens"] == [title.text for title in chat.all("#articles a")])
    assert "1 article found" == chat.one("#found").text
    chat.press(" zebra")
    chat.wait(lambda: chat.one("#found").text == "No article has “HARBOUR brid zebra” in its title or source.")
    assert "Show all articles" == chat.one("#filter-none").text
    assert [] == chat.all("#articles li") + chat.all("#library-none")
    chat.press(Keys.ESCAPE)
    chat.wait(lambda: len(chat.all("#articles li")) == everything)
    assert ("filter", "", []) == (chat.focus, chat.one("#filter").get_attribute("value"), chat.all("#found"))
    chat.press(Keys.ESCAPE)
    chat.wait(lambda: not chat.all("#library"))


def test_a_late_response_does_not_replace_a_newer_one(chat: Chat) -> None:
    chat.one("#open-library").click()
    chat.one("#articles li")
    chat.run(
        "const real = fetch; window.fetch = async (path, ...more) => {"
        " const found = await real(path, ...more);"
        " if (String(path).includes('q=zebra')) await new Promise((resolve) => setTimeout(resolve, 600));"
        " if (String(path).includes('q=zebra')) window.late = true;"
        " return found; }"
    )
    chat.one("#filter").send_keys("zebra", Keys.ENTER)
    chat.one("#filter").clear()
    chat.one("#filter").send_keys("bridge", Keys.ENTER)
    chat.wait(lambda: chat.run("return window.late"))
    assert ["The harbour bridge reopens"] == [title.text for title in chat.all("#articles a")]


def test_a_rebuild_shows_that_it_runs_and_ends_in_a_new_generation(chat: Chat) -> None:
    chat.one("#open-library").click()
    chat.one(".index summary").click()
    generation = "return [...document.querySelectorAll('#index-facts dd')][1].textContent"
    chat.wait(lambda: chat.all("#index-facts dd"))
    before = chat.run(generation)
    chat.one("#rebuild").click()
    chat.wait(lambda: before != chat.run(generation) and chat.one("#rebuild").is_enabled())
    assert not chat.all("#index-problem")


BUILDING = {
    **{"generation": 1, "articles": 1, "sentences": 1, "model": "m", "built_at": None, "pending": 1, "problem": None},
    "job": {"state": "running", "stage": "embedding", "done": 1, "total": 9, "error": None},
    **{"files": [], "sources": []},
}


def say_of_the_index(chat: Chat, status: dict[str, Any], *, failing: int = 0) -> None:
    """Have the page hear this of the index; the call of this number fails, as when the server starts again."""
    chat.run(
        "const [status, failing] = arguments, real = window.fetch; window.calls = 0;"
        "window.fetch = (path, how) => path !== '/index' ? real(path, how) : ++window.calls === failing"
        " ? Promise.reject(new TypeError('no answer')) : Promise.resolve(new Response(JSON.stringify(status)))",
        status,
        failing,
    )


def test_progress_continues_after_a_failed_request(chat: Chat) -> None:
    say_of_the_index(chat, BUILDING, failing=2)
    chat.one("#open-library").click()
    assert "Embedding: 1 of 9" in chat.one("#index-stage").text
    chat.wait(lambda: chat.run("return window.calls") > 3)


def test_a_lasting_problem_is_announced_once(chat: Chat) -> None:
    say_of_the_index(chat, BUILDING | {"problem": "The disk is full."})
    chat.run(
        "window.changes = 0; new MutationObserver((all) => { window.changes += all.length })"
        ".observe(document.getElementById('index-problem'), {childList: true})"
    )
    chat.one("#open-library").click()
    chat.wait(lambda: chat.run("return window.calls") > 3)
    assert 1 == chat.run("return window.changes")
    assert "The disk is full." == chat.one("#index-problem").text


# Feeds, and what failed


@pytest.fixture
def feeds(chat: Chat, tmp_path: Path) -> Iterator[Chat]:
    """The page of a server that may fetch from this machine, with an articles folder that holds a broken file."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    flags = ("--articles", str(tmp_path / "articles"), "--reader", SENTENCES, "--allow-private-urls")
    with running_server(tmp_path / "state", *flags) as address:
        page = Chat(chat.driver, address)
        page.open()
        page.one("#open-library").click()
        page.one("#tab-feeds").click()
        yield page
        chat.open()  # else the page goes on to ask a server that has gone


def follow(page: Chat, url: str) -> None:
    page.one("#add-feed [name=url]").send_keys(url, Keys.ENTER)


def test_a_feed_is_followed_polled_and_removed_and_its_articles_stay(feeds: Chat, site: Site) -> None:
    feeds.one("#feeds-none")
    follow(feeds, site.url("/feed"))
    feeds.wait(lambda: "1 article of 2 entries" in feeds.one("#feeds .state").text)
    assert "Harbour" == feeds.one("#feeds .name").text
    assert "1 to be retried · polled just now · next in " in feeds.one("#feeds li").text
    asked = len(site.asked)
    feeds.one("#feeds [aria-label^='Poll now']").click()
    feeds.wait(lambda: len(site.asked) > asked and feeds.one("#feeds [aria-label^='Poll now']").is_enabled())
    feeds.one("#feeds [aria-label^='Remove']").click()
    assert "The article that came from it will stay." in feeds.one("#confirm-text").text
    feeds.one("#confirm [value=no]").click()
    feeds.one("#feeds [aria-label^='Remove']").click()
    feeds.one("#confirm-yes").click()
    feeds.one("#feeds-none")
    feeds.one("#tab-articles").click()
    feeds.wait(lambda: "Tides" in feeds.one("#articles li").text)


def test_the_progress_of_a_new_feed_is_shown_and_announced(feeds: Chat, site: Site) -> None:
    go_on = threading.Event()

    def later(request: BaseHTTPRequestHandler) -> None:
        go_on.wait(PATIENCE_S)
        rss("Later", site.url("/tides"))(request)

    site.answers["/later"] = later
    follow(feeds, site.url("/later"))
    feeds.wait(lambda: "Fetching the feed…" == feeds.one("#feeds .state").text)
    assert "Fetching the feed…" == announced(feeds, "Fetching")
    go_on.set()
    feeds.wait(lambda: "1 article" == feeds.one("#feeds .state").text)
    assert "Later: 1 article" == announced(feeds, "Later")
    follow(feeds, site.url("/tides"))
    feeds.wait(lambda: "It is not an RSS, Atom or JSON feed." == feeds.one("#feeds li:last-child .state.bad").text)
    assert f"{site.url('/tides')}: It is not an RSS, Atom or JSON feed." == announced(feeds, "http")


def announced(page: Chat, beginning: str) -> str:
    """Wait for an announcement to screen readers with this beginning, and return it."""
    page.wait(lambda: page.run("return announcer.textContent").startswith(beginning))
    return str(page.run("return announcer.textContent"))


def test_failures_are_listed_in_one_place_with_advice(feeds: Chat, site: Site) -> None:
    follow(feeds, site.url("/feed"))
    feeds.wait(lambda: "1 to be retried" in feeds.one("#feeds li").text)
    follow(feeds, site.url("/broken"))
    feeds.wait(lambda: "It answers 503" in feeds.one("#feeds li:last-child .state").text)
    assert "First failed just now · next try in" in feeds.one("#feeds li:last-child").text
    feeds.wait(lambda: "3" == feeds.one("#failures-count").text)
    feeds.one("#tab-feeds").send_keys(Keys.ARROW_RIGHT)
    assert "tab-failures" == feeds.focus
    assert ["Articles folder", "Feeds", "Pages of feeds"] == [title.text for title in feeds.all("#failures h3")]
    file, feed, page = (line.text for line in feeds.all("#failures li"))
    assert file.startswith("broken.pdf\nIt ")
    assert "It answers 503" in feed
    advice = [line.text for line in feeds.all("#failures .about:has(+ ul)")]
    assert ["Correct a broken ", "A feed that fails", "A page that fails"] == [each[:17] for each in advice]
    assert page.startswith("Gone")
    assert "410" in page


def test_a_list_of_feeds_is_imported_and_its_errors_shown(feeds: Chat, site: Site, tmp_path: Path) -> None:
    outlines = f'<outline xmlUrl="{site.url("/feed")}"/><outline xmlUrl="ftp://a.example/"/>'
    (tmp_path / "list.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    feeds.one("#import-label")
    feeds.driver.find_element(By.ID, "import-feeds").send_keys(str(tmp_path / "list.opml"))
    assert "1 feed added, 1 not imported:" in feeds.one("#imported").text
    assert "ftp://a.example/" in feeds.one("#imported li").text
    feeds.one("#feeds li")
    assert feeds.one("#export-feeds").get_attribute("href") == f"{feeds.server}/feeds.opml"


def test_an_invalid_feed_address_is_explained_below_it(feeds: Chat) -> None:
    follow(feeds, "harbour")
    assert "A web address starts with https://" in feeds.one("#add-feed .field-error").text


def test_a_link_with_a_question_asks_it(chat: Chat) -> None:
    chat.open("/?q=Who+led+the+repair+of+the+harbour+bridge%3F")
    assert "Amina Farouk" in chat.one(".entry mark").text
    assert chat.asked() == ["Who led the repair of the harbour bridge?"]


def test_back_and_forward_walk_through_the_questions(chat: Chat) -> None:
    first, second = "Who led the repair of the harbour bridge?", "How much did the city pay?"
    chat.ask(first)
    chat.ask(second)
    chat.driver.back()
    chat.wait(lambda: chat.asked() == [first])
    chat.driver.forward()
    chat.wait(lambda: chat.asked() == [first, second])
    chat.driver.back()
    chat.driver.back()
    assert "Ask your articles." == chat.one(".welcome h1").text
    assert [] == chat.asked()


def test_the_keyboard_alone_is_enough(chat: Chat) -> None:
    chat.wait(lambda: chat.focus == "question")
    chat.press("Who led the repair of the harbour bridge?", Keys.ENTER)
    chat.one(".entry mark")
    chat.press(Keys.ARROW_UP)
    assert chat.one("#question").get_attribute("value") == "Who led the repair of the harbour bridge?"
    chat.one("#open-add").send_keys(Keys.ENTER)
    assert chat.focus == "tab-files"
    chat.press(Keys.ARROW_RIGHT)
    assert chat.focus == "tab-text"
    chat.press(Keys.ESCAPE)
    assert not chat.all("#add")
    assert chat.focus == "open-add"
    chat.press("/")
    assert chat.focus == "question"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_scrolls_sideways(chat: Chat, width: int) -> None:
    set_width(chat.driver, width)
    chat.ask("When will the harbour bridge reopen to traffic?")
    read = chat.one("a.read").get_attribute("href")
    chat.one("#open-library").click()
    chat.one("#articles li")
    assert fits(chat)
    for tab in ("#tab-feeds", "#tab-failures"):
        chat.one(tab).click()
        assert fits(chat)
    chat.one("#tab-articles").click()
    chat.one("#articles .edit").click()
    assert fits(chat)
    chat.driver.get(str(read))
    assert fits(chat)


def test_lists_and_tables_of_an_article_can_be_read_on_a_phone(chat: Chat) -> None:
    set_width(chat.driver, 360)
    turn = chat.ask("What was found in the rack?")
    turn.find_element(By.CSS_SELECTOR, "a.read").click()
    chat.one(".label")
    labels = chat.all(".label")
    assert ["7.", "8.", "9."] == [label.text for label in labels]
    assert all(0 < label.rect["x"] and label.rect["x"] + label.rect["width"] < 360 for label in labels)
    cells = "[...document.querySelectorAll('td .unbroken')]"
    lines = f"return {cells}.map((one) => [one.textContent, one.getClientRects().length])"
    kept = ["2026-05-14", "+44 1463 555 0182", "08:15 – 09:40", "2026-05-13"]
    assert [[text, 1] for text in kept] == chat.run(lines)
    chat.run("document.querySelector('.table').scrollLeft = 1000")
    table, date = (chat.all(selector)[0].rect for selector in (".table", "td"))
    assert table["x"] == date["x"]
    assert fits(chat)


def fits(chat: Chat) -> bool:
    answer: bool = chat.run("return document.documentElement.scrollWidth <= innerWidth")
    return answer


def test_a_stopped_server_is_reported_and_can_be_retried(chat: Chat) -> None:
    go_offline(chat, offline=True)
    chat.one("#question").send_keys("Who led the repair of the harbour bridge?", Keys.ENTER)
    assert "not responding" in chat.one(".failed").text
    go_offline(chat, offline=False)
    chat.one(".failed button").click()
    assert "Amina Farouk" in chat.one(".entry mark").text


def test_the_box_takes_no_more_than_a_question_may_have_and_says_so(chat: Chat) -> None:
    box = chat.one("#question")
    box.send_keys("w" * (MAX_QUESTION - 1))
    assert not chat.all("#question-full")
    box.send_keys("www")
    assert MAX_QUESTION == len(str(box.get_attribute("value")))
    assert "1,000 characters" in chat.one("#question-full").text


def test_a_question_that_is_refused_cannot_be_retried(chat: Chat) -> None:
    chat.open(f"/?q={'w' * (MAX_QUESTION + 1)}")
    assert "1,001 characters" in chat.one(".failed").text
    assert not chat.all(".failed button")


def go_offline(chat: Chat, *, offline: bool) -> None:
    chat.driver.execute_cdp_cmd("Network.enable", {})
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    chat.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def test_the_chosen_color_scheme_is_remembered(chat: Chat) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = chat.run(paper)
    chat.one("#theme").click()
    after = chat.run(paper)
    chat.open()
    assert before != after
    assert after == chat.run(paper)
    chat.one("#theme").click()


def test_an_unknown_article_is_a_page_with_a_link_back(chat: Chat) -> None:
    chat.open("/read/0000000000000000")
    assert "404" in chat.one("main").text
    chat.one("main a").click()
    chat.one("#question")
