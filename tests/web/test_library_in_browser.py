"""The page /library in a browser: the table of articles, undo, and the state of the index."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser import IN_BROWSER, Chat, announced, fits, set_width

pytestmark = IN_BROWSER
TITLES = "#articles tbody .title > :first-child"
Add = Callable[..., str]


def send(chat: Chat, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{chat.server}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request) as response:
        return json.load(response)


@pytest.fixture
def add(chat: Chat) -> Iterator[Add]:
    """Add an article of this test, which is deleted afterwards."""
    ids: list[str] = []

    def added(title: str, text: str, **fields: object) -> str:
        ids.append(send(chat, "POST", "/articles?wait=true", {"title": title, "text": text, **fields})["id"])
        return ids[-1]

    yield added
    send(chat, "POST", "/articles/delete", {"ids": ids or ["none"]})


def titles(chat: Chat) -> list[str]:
    return [title.text for title in chat.all(TITLES)]


def open_library(chat: Chat, query: str = "") -> None:
    chat.open(f"/library{query}")
    chat.wait(lambda: chat.run("return found.textContent"))


def test_articles_are_deleted_and_brought_back_by_keyboard_alone(chat: Chat, add: Add) -> None:
    for name in ("Kiosk one", "Kiosk two"):
        add(name, f"{name} sells nine sorts of tea.", tags=["kiosk"])
    open_library(chat, "?tag=kiosk")
    assert {"Kiosk one", "Kiosk two"} == set(titles(chat))
    chat.one("#select-all").send_keys(Keys.SPACE)
    chat.one("#delete-selected").send_keys(Keys.ENTER)
    chat.wait(lambda: chat.focus == "undo-delete")
    assert "2 articles were deleted." == chat.one("#undo-text").text
    chat.wait(lambda: chat.one("#found").text == "No article matches. Clear the filters to see all.")
    chat.press(Keys.ENTER)
    chat.wait(lambda: {"Kiosk one", "Kiosk two"} == set(titles(chat)))
    assert not chat.all("#undo")
    assert announced(chat, "2 articles restored")
    chat.wait(lambda: not chat.all("#articles .state"))
    chat.one("[aria-label='Delete Kiosk one']").click()
    chat.wait(lambda: titles(chat) == ["Kiosk two"])
    open_library(chat, "?state=deleted")
    assert "Kiosk one" == titles(chat)[0]
    chat.one("[aria-label='Restore Kiosk one']").click()
    chat.wait(lambda: "Kiosk one" not in titles(chat))
    open_library(chat, "?tag=kiosk&sort=title&order=ascending")
    assert ["Kiosk one", "Kiosk two"] == titles(chat)


def test_the_table_is_sorted_filtered_and_searched_and_its_address_says_so(chat: Chat, add: Add) -> None:
    add("!Aa quay", "Eleven cranes stand there.", published="2024-05-01", source="Gazette", tags=["quay"])
    add("Zz quay", "Twelve cranes stand there.", published="2025-05-01", tags=["quay"])
    open_library(chat)
    assert len(titles(chat)) > 2
    chat.one(".sort[data-sort=title]").send_keys(Keys.ENTER)
    chat.wait(lambda: titles(chat)[0] == "!Aa quay")
    assert "ascending" == chat.one("th.title").get_attribute("aria-sort")
    chat.one(".sort[data-sort=title]").click()
    chat.wait(lambda: titles(chat)[0] == "Zz quay")
    chat.run("document.activeElement.blur()")
    chat.press("/", "TWELVE cranes")
    chat.wait(lambda: titles(chat) == ["Zz quay"])
    assert "1 article found" == chat.one("#found").text
    assert "?q=TWELVE+cranes&sort=title&order=descending" == chat.run("return location.search")
    chat.press(Keys.ESCAPE)
    chat.wait(lambda: len(titles(chat)) > 2)
    chat.one("[name=tag]").send_keys("quay")
    chat.wait(lambda: set(titles(chat)) == {"!Aa quay", "Zz quay"})
    chat.one("[name=source]").send_keys("Gazette")
    chat.wait(lambda: titles(chat) == ["!Aa quay"])
    chat.driver.refresh()
    chat.wait(lambda: titles(chat) == ["!Aa quay"])
    chat.one("#show-all").click()
    chat.wait(lambda: len(titles(chat)) > 2)


def test_a_late_response_does_not_replace_a_newer_one(chat: Chat) -> None:
    open_library(chat)
    chat.run(
        "const real = fetch; window.fetch = async (path, ...more) => {"
        " const found = await real(path, ...more);"
        " if (String(path).includes('q=zebra')) await new Promise((resolve) => setTimeout(resolve, 600));"
        " if (String(path).includes('q=zebra')) window.late = true;"
        " return found; }"
    )
    chat.one("#filter").send_keys("zebra", Keys.ENTER)
    chat.one("#filter").clear()
    chat.one("#filter").send_keys("bridge reopens", Keys.ENTER)
    chat.wait(lambda: chat.run("return window.late"))
    chat.wait(lambda: titles(chat) == ["The harbour bridge reopens"])


def test_pages_are_turned_and_the_last_one_shown_where_there_are_fewer(chat: Chat) -> None:
    rows = [
        {"id": f"{number:016x}", "title": f"Report {number}", "source": None, "published": None} for number in range(50)
    ]
    common = {"language": None, "url": None, "tags": [], "added_at": "2026-01-01T00:00:00Z", "state": "ready"}
    open_library(chat)
    chat.run(
        "const [rows, real] = [arguments[0], fetch]; window.fetch = (path, ...more) => {"
        " const page = /^.articles[?].*page=(\\d+)&per/.exec(path)?.[1]; if (!page) return real(path, ...more);"
        " const reply = {articles: page > 200 ? [] : rows, total: 10000, page, per_page: 50};"
        " return Promise.resolve(new Response(JSON.stringify(reply))); }",
        [row | common for row in rows],
    )
    chat.one("#filter").send_keys("r", Keys.ENTER)
    chat.wait(lambda: chat.one("#page-line").text == "Page 1 of 200")
    chat.one("#older").click()
    chat.wait(lambda: chat.one("#page-line").text == "Page 2 of 200")
    assert "10,000 articles found" == chat.one("#found").text
    assert "?q=r&page=2" == chat.run("return location.search")


def test_an_article_is_edited_by_keyboard_alone_and_errors_stand_at_their_field(chat: Chat, add: Add) -> None:
    add("A note to be put right", "The quay has eleven cranes.")
    open_library(chat, "?q=note")
    chat.one("#articles [aria-label^='Edit A note to be put right']").send_keys(Keys.ENTER)
    assert "A note to be put right" == chat.one("#edit [name=title]").get_attribute("value")
    assert "title" == chat.run("return document.activeElement.name")
    chat.one("#edit [name=title]").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE, Keys.ENTER)
    assert "Enter a title." == chat.one("#edit-title-error").text
    chat.one("#edit [name=title]").send_keys("Cranes of the quay, a note")
    chat.one("#edit [name=published]").send_keys("02032026")
    chat.one("#edit [name=tags]").send_keys("quay, cranes ,")
    chat.one("#edit [name=url]").send_keys("harbour", Keys.ENTER)
    assert "A web address starts with https:// or http://." == chat.one("#edit-url-error").text
    assert [] == chat.all("#edit-title-error")
    chat.one("#edit [name=url]").send_keys(Keys.CONTROL, "a", Keys.NULL, "http://" + "h" * 200 + ":0/", Keys.ENTER)
    chat.wait(lambda: "is not a web address" in chat.one("#edit-url-error").text)
    chat.one("#edit [name=url]").send_keys(Keys.CONTROL, "a", Keys.NULL, "https://quay.example/", Keys.ENTER)
    chat.wait(lambda: not chat.all("#edit"))
    chat.wait(lambda: chat.run("return document.activeElement.ariaLabel") == "Edit Cranes of the quay, a note")
    chat.press(Keys.ENTER)
    chat.wait(lambda: len(chat.all("#edit input")) == 9)
    shown = {field.get_attribute("name"): field.get_attribute("value") for field in chat.all("#edit input")}
    expected = {"title": "Cranes of the quay, a note", "published": "2026-02-03", "tags": "quay, cranes"}
    others = dict.fromkeys(("updated", "effective", "source", "language", "replaces"), "")
    assert expected | {"url": "https://quay.example/"} | others == shown
    chat.press("x", Keys.ESCAPE)
    chat.wait(lambda: not chat.all("#edit"))
    assert chat.all("#articles [aria-label='Edit Cranes of the quay, a note']")


def test_an_empty_library_says_what_to_do_with_a_button(chat: Chat) -> None:
    open_library(chat)
    empty = {"articles": [], "total": 0, "page": 1, "per_page": 50}
    chat.run(
        "const [reply, real] = [JSON.stringify(arguments[0]), fetch]; window.deleted = 0;"
        "window.fetch = (path, ...more) =>"
        " String(path).startsWith('/articles?') ? Promise.resolve(new Response(reply))"
        " : String(path).startsWith('/articles/deleted')"
        " ? Promise.resolve(new Response(JSON.stringify({total: window.deleted})))"
        " : real(path, ...more);"
        " document.dispatchEvent(new Event('citeline:articles'))",
        empty,
    )
    chat.one("#library-none")
    assert [] == chat.all("#list-form, #articles, #pager, #library-restorable")
    chat.one("#library-add").click()
    assert "tab-files" == chat.focus
    chat.press(Keys.ESCAPE)
    chat.run("window.deleted = 2; document.dispatchEvent(new Event('citeline:articles'))")
    link = chat.one("#library-restorable a")
    assert "2 deleted articles can be restored" == link.text
    assert str(link.get_attribute("href")).endswith("/library?state=deleted")
    chat.one("#library-follow").click()
    assert "url" == chat.run("return document.activeElement.name")


def test_a_rebuild_shows_that_it_runs_and_ends_in_a_new_generation(chat: Chat) -> None:
    chat.open("/library")
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
    chat.one("#tab-failures").click()


def test_progress_continues_after_a_failed_request(chat: Chat) -> None:
    open_library(chat)
    say_of_the_index(chat, BUILDING, failing=2)
    chat.wait(lambda: "Embedding: 1 of 9" in chat.one("#index-stage").text)
    chat.wait(lambda: chat.run("return window.calls") > 3)


def test_a_lasting_problem_is_announced_once_and_marked_in_the_header(chat: Chat) -> None:
    open_library(chat)
    chat.run(
        "window.changes = 0; new MutationObserver((all) => { window.changes += all.length })"
        ".observe(document.getElementById('index-problem'), {childList: true})"
    )
    say_of_the_index(chat, BUILDING | {"problem": "The disk is full."})
    chat.wait(lambda: chat.run("return window.calls") > 3)
    assert 1 == chat.run("return window.changes")
    assert "The disk is full." == chat.one("#index-problem").text
    assert ("1", "1 problem") == (chat.one("#library-mark").text, chat.one("#library-mark").get_attribute("aria-label"))


@pytest.mark.parametrize("width", [360, 640, 1280])
def test_the_library_does_not_scroll_sideways(chat: Chat, add: Add, width: int) -> None:
    add("W" * 80, "A long word.", source="S" * 60, tags=["t" * 60])
    set_width(chat.driver, width)
    open_library(chat)
    assert fits(chat)
    for tab in ("#tab-feeds", "#tab-failures"):
        chat.one(tab).click()
        assert fits(chat)
    chat.one("#tab-articles").click()
    chat.one("#articles .edit").click()
    assert fits(chat)


def test_the_keys_are_listed(chat: Chat) -> None:
    open_library(chat)
    chat.run("document.activeElement.blur()")
    chat.press("?")
    assert "Go to the question box" in chat.one("#keys-panel").text
    chat.press(Keys.ESCAPE)
    assert not chat.all("#keys-panel")
