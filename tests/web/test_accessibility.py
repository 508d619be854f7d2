"""Every page and state is checked by axe-core in Chromium, in light and dark colors."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.browser import IN_BROWSER, Chat, respond, set_width
from tests.conftest import MakeApp
from tests.web_server import served

pytestmark = IN_BROWSER
# What to open, what to wait for, and what to click there, each after the one before.
STATES = {
    "start": ("/", ".chip", ()),
    "answer": ("/?q=Who+led+the+repair+of+the+harbour+bridge", ".turn .tools", (".cite summary",)),
    "no answer": ("/?q=Who+is+the+king+of+Mars", ".turn .reply", ()),
    "suggestions": ("/", "#question", ()),
    "past questions": ("/", ".chip", ("#open-past",)),
    "filters": ("/", ".chip", ("#open-filters", "#source-list, #no-sources")),
    "add": ("/", ".chip", ("#open-add", "#tab-text", "#panel-text summary")),
    "keys": ("/", ".chip", ("#open-keys",)),
    "library": ("/library", "#articles .edit", (".index summary", "td.select input")),
    "edit": ("/library", "#articles .edit", ("#articles .edit",)),
    "deleted": ("/library?state=deleted", "#articles .restore", ()),
    "nothing found": ("/library?q=zebra", "#show-all", ()),
    "feeds": ("/library#feeds", "#feeds-none", ()),
    "problems": ("/library#problems", "#failures-none", ()),
    "settings": ("/settings", "#threshold:enabled", ()),
    "verify": ("/verify", "#draft", ()),
    "open questions": ("/open-questions", "#watched", ("#add-watch summary",)),
    "missing": ("/read/0000000000000000", "main h1", ()),
}
AXE = (
    "const [only, done] = arguments; axe.run(document, only ? {runOnly: only} : {})"
    ".then(({violations}) => done(violations.map(({id, nodes}) =>"
    " `${id}: ${nodes.map(({target, failureSummary}) => `${target} ${failureSummary}`).slice(0, 3)}`)))"
)


@pytest.fixture(scope="module")
def axe() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")


def set_dark(chat: Chat, *, dark: bool) -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chat.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def violations(chat: Chat, axe: str) -> list[str]:
    """Return what axe finds in light colors, and which contrasts are too low in dark ones."""
    chat.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    found = list(chat.driver.execute_async_script(AXE, None))
    set_dark(chat, dark=True)
    found += [f"dark: {one}" for one in chat.driver.execute_async_script(AXE, ["color-contrast"])]
    set_dark(chat, dark=False)
    return found


@pytest.fixture
def page(chat: Chat) -> Iterator[Chat]:
    chat.driver.set_script_timeout(60)
    set_dark(chat, dark=False)
    yield chat
    set_width(chat.driver, 1280)


@pytest.mark.parametrize("name", STATES)
def test_a_page_has_no_violations(page: Chat, axe: str, name: str) -> None:
    path, shown, clicks = STATES[name]
    if name == "deleted":
        added = send(page, "/articles", {"text": "A note that is deleted."})
        send(page, "/articles/delete", {"ids": [added["id"]]})
    page.open(path)
    page.one(shown)
    for selector in clicks:
        page.all(selector)[0].click()
    if name == "suggestions":
        respond(page, {"/suggest": {"questions": ["How was it repaired?"], "names": ["Harbour"]}})
        page.insert("ha")
        page.one("#suggestions [role=option]")
    assert [] == violations(page, axe)


@pytest.mark.parametrize("path", ["/", "/library", "/settings"])
def test_a_narrow_page_has_no_violations(page: Chat, axe: str, path: str) -> None:
    set_width(page.driver, 390)
    page.open(path)
    page.one({"/": ".chip", "/library": "#articles .edit", "/settings": "#threshold:enabled"}[path])
    assert [] == violations(page, axe)


def test_pages_of_an_article_and_of_a_reply_have_no_violations(page: Chat, axe: str) -> None:
    turn = page.ask("Who led the repair of the harbour bridge?")
    read = turn.find_element("css selector", "a.read").get_attribute("href")
    saved = send(page, "/replies", {"question": "Who led the repair of the harbour bridge?"})
    page.driver.get(str(read))
    page.one("#here")
    assert [] == violations(page, axe)
    page.open(f"/a/{saved['id']}")
    page.one("#saved-now .notice")
    assert [] == violations(page, axe)


def test_dialogs_and_a_verified_draft_have_no_violations(page: Chat, axe: str) -> None:
    page.open("/verify")
    page.one("#draft").send_keys('They wrote "Amina Farouk led the repair of the harbour bridge" and "nobody came".')
    page.one("form#verify [type=submit]").click()
    page.one("#excerpts > li")
    assert [] == violations(page, axe)
    page.open("/")
    page.run("import('/static/js/dialogs.js').then(({askForToken}) => askForToken(true))")
    page.one("#token-wrong")
    assert [] == violations(page, axe)
    page.open("/")
    page.run("import('/static/js/dialogs.js').then(({confirm}) => confirm('Clear?', 'All are removed.', 'Clear'))")
    page.one("#confirm-yes")
    assert [] == violations(page, axe)


def test_the_page_of_signing_in_has_no_violations(page: Chat, axe: str, make_app: MakeApp) -> None:
    with served(make_app(token="0123456789abcdef", read="token")) as port:
        page.driver.get(f"http://127.0.0.1:{port}/")
        page.one("#sign-in")
        assert [] == violations(page, axe)
        page.one("[name=token]").send_keys("wrong token 12345678\n")
        page.one("#sign-in-problem")
        assert [] == violations(page, axe)


def send(page: Chat, path: str, body: object) -> dict[str, str]:
    request = Request(f"{page.server}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request) as response:
        found: dict[str, str] = json.load(response)
    return found
