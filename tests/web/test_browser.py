"""The web chat in a real browser, against a real server started as a user starts it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from qa.query.parser import MAX_QUESTION
from qa.reader.loader import SENTENCES
from tests.browser import (
    IN_BROWSER,
    PATIENCE_S,
    Chat,
    announced,
    fits,
    go_offline,
    set_width,
)
from tests.conftest import MakeApp
from tests.processes import running_server
from tests.web_server import Site, rss, served
from web.access.rights import Right

pytestmark = IN_BROWSER


def test_the_answer_is_marked_in_its_sentence_and_cites_its_article(chat: Chat) -> None:
    turn = chat.ask("When will the harbour bridge reopen to traffic?")
    mark = turn.find_element(By.CSS_SELECTOR, ".entry mark")
    assert "3 March" in mark.text
    assert "the harbour bridge will reopen to traffic on" in turn.find_element(By.CSS_SELECTOR, ".quote").text
    assert "The harbour bridge reopens" in turn.find_element(By.CSS_SELECTOR, ".title").text


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


def test_an_unanswered_question_is_one_line_and_folds_the_closest_passages(chat: Chat) -> None:
    turn = chat.ask("At what temperature does tungsten melt?")
    assert turn.find_element(By.CSS_SELECTOR, ".unanswered").text.startswith("The articles don’t say.")
    assert not chat.all(".closest .quote")
    turn.find_element(By.CSS_SELECTOR, ".closest summary").click()
    assert chat.all(".closest .quote")
    assert not turn.find_elements(By.CSS_SELECTOR, "mark")


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


@pytest.mark.model
def test_a_suggested_question_has_an_answer(reading: Chat) -> None:
    reading.insert("when")
    reading.one("#suggestions [role=option]")
    reading.press(Keys.ARROW_DOWN, Keys.ENTER)
    assert "January 19" == reading.one(".entry mark").text


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
    assert "1 of 2 ready, 1 failed" == chat.one("#added-line").text
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
    monkeypatch.setenv("CITELINE_TOKEN", "the right one of all")
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
        chat.one("#token-value").send_keys("the right one of all", Keys.ENTER)
        chat.wait(lambda: 2 == len(chat.all(".item.done")))
        assert not chat.all("#token")


def test_typed_text_stays_when_the_server_refuses_it(chat: Chat) -> None:
    type_text(chat, "A text that must not be lost.")
    chat.one("#add-text summary").click()
    chat.one("#add-text [name=url]").send_keys("ftp:nothing")
    chat.one("#add-text [type=submit]").click()
    assert "ftp:nothing" in chat.one("#add-text .field-error").text
    assert chat.one("#add-text [name=text]").get_attribute("value") == "A text that must not be lost."


def add_over_http(chat: Chat, article: dict[str, str]) -> None:
    chat.run(
        "return fetch('/articles?wait=true', {method: 'POST', headers: arguments[1], body: arguments[0]})"
        ".then((reply) => reply.status)",
        json.dumps(article),
        {"Content-Type": "application/json"},
    )


def test_suggestions_are_about_existing_articles_newest_first(chat: Chat) -> None:
    add_over_http(chat, {"title": "The pier is mended", "text": "The pier of Aldmoor is mended since Monday."})
    chat.open()
    chat.wait(lambda: chat.all(".chip"))
    chips = [chip.text for chip in chat.all(".chip")]
    assert "Tell me about “The pier is mended”" == chips[0]
    assert [] == [chip for chip in chips if "withdrawal" in chip]
    chat.all(".chip")[0].click()
    assert "The pier is mended" in chat.one(".turn .title").text


@pytest.fixture(scope="module")
def spare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a library whose folder has only a broken file; the server may fetch from this machine."""
    folder = tmp_path_factory.mktemp("spare")
    (folder / "articles").mkdir()
    (folder / "articles" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    flags = ("--articles", str(folder / "articles"), "--reader", SENTENCES, "--allow-private-urls")
    with running_server(folder / "state", *flags) as address:
        yield address


@pytest.fixture
def spare(chat: Chat, spare_server: str) -> Iterator[Chat]:
    """The page of a server without articles and feeds."""
    page = Chat(chat.driver, spare_server)
    page.open()
    yield page
    chat.open()
    for kind, key in (("feeds", "feeds"), ("articles", "articles")):
        with urlopen(f"{spare_server}/{kind}") as listed:
            found = json.load(listed)[key]
        for one in found:
            urlopen(Request(f"{spare_server}/{kind}/{one['id']}", method="DELETE")).close()


# Feeds, and what failed


@pytest.fixture
def feeds(spare: Chat) -> Chat:
    """The list of feeds of a server that may fetch from this machine."""
    spare.open("/library#feeds")
    spare.one("#add-feed")
    return spare


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
    feeds.wait(lambda: "Tides" in feeds.one("#articles tbody").text)


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


def test_a_feed_that_fails_is_counted_while_nothing_is_indexed(feeds: Chat, site: Site) -> None:
    feeds.wait(lambda: "1" == feeds.one("#failures-count").text)
    follow(feeds, site.url("/broken"))
    feeds.wait(lambda: "2" == feeds.one("#failures-count").text)


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
    chat.driver.get(str(read))
    assert fits(chat)


def test_lists_and_tables_of_an_article_can_be_read_on_a_phone(chat: Chat) -> None:
    set_width(chat.driver, 360)
    turn = chat.ask("What was found in the rack?")
    chat.driver.get(str(turn.find_element(By.CSS_SELECTOR, "a.read").get_attribute("href")))
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


def test_settings_are_locked_for_a_token_without_the_right(chat: Chat, make_app: MakeApp) -> None:
    app = make_app(threshold=None, token="0123456789abcdef")
    with served(app) as port:
        access = app.extensions["citeline"].access
        page = Chat(chat.driver, f"http://127.0.0.1:{port}")
        tokens = {right: access.add_token(right.label, right) for right in (Right.WRITE, Right.ADMIN)}
        set_width(page.driver, 390)
        for right, token in tokens.items():
            page.open("/healthz")
            sign_in = (
                "fetch('/sign-in', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: arguments[0]})"
            )
            page.driver.execute_async_script(f"{sign_in}.then(arguments[1])", json.dumps({"token": token}))
            page.open("/settings")
            page.wait(lambda: page.one("#threshold").get_attribute("value") != "")
            controls = page.all("#settings-form :is(input, button)")
            assert {right is Right.ADMIN} == {control.is_enabled() for control in controls}
            assert (right is Right.WRITE) == bool(page.all("#settings-locked"))
        page.open("/library")
        edges = "return [document.querySelector('.wordmark').getBoundingClientRect().right,"
        edges += " document.querySelector('.bar nav').getBoundingClientRect().left]"
        page.one("#sign-out")
        wordmark, nav = page.run(edges)
        assert nav - wordmark >= 8
        page.one("#sign-out").click()
        page.wait(lambda: page.driver.current_url.endswith("/") and not page.all("#sign-out"))


def test_settings_are_saved_and_errors_stand_at_their_field(chat: Chat) -> None:
    chat.open("/settings")
    field = chat.one("#threshold:enabled")
    field.clear()
    field.send_keys("2", Keys.ENTER)
    assert "Enter a number from 0 to 1." == chat.one("#threshold-error").text
    field.clear()
    field.send_keys("0.97", Keys.ENTER)
    chat.wait(lambda: chat.one("#settings-saved").text == "Saved.")
    assert not chat.all("#threshold-error")
    chat.driver.refresh()
    chat.wait(lambda: chat.one("#threshold:enabled").get_attribute("value") == "0.97")
    chat.one("#reset-settings").click()
    chat.wait(lambda: chat.one("#threshold").get_attribute("value") == chat.one("#threshold-default").text)
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = chat.run(paper)
    chat.one("[value=dark]").click()
    assert before != chat.run(paper)
    chat.one("[value=system]").click()
    assert before == chat.run(paper)
