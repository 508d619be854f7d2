"""The widget in real pages of another origin, in a browser."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from app import close_app, create_app
from corpus.isolation.worker import INLINE
from qa.reader.loader import SENTENCES
from tests.browser import IN_BROWSER, LIBRARY, PATIENCE_S, RIOT, RIOTS, answer_of, part_of, reply_of, set_width
from tests.fakes import WordEmbedder
from tests.web.conftest import BRIDGE, HOSTILE
from tests.web_server import Site, answer, served
from web.settings import Settings

pytestmark = IN_BROWSER
PAGE = (
    '<!doctype html><html lang="{lang}"><title>News</title><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="{scheme}">{body}'
)
PATCH = """
const [reply, status, headers] = arguments;
window.fetch = (address, how) => {
  window.sent = { address: String(address), ...how, body: JSON.parse(how.body) };
  return reply === null ? Promise.reject(new TypeError("Failed to fetch"))
    : Promise.resolve(new Response(JSON.stringify(reply), { status, headers }));
};
"""


# Of the color of an element with the background of one.
CONTRAST = """
const [text, ground] = arguments, context = new OffscreenCanvas(1, 1).getContext("2d");
const luminance = (color) => {
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const linear = [...context.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const low = luminance(getComputedStyle(text).color), high = luminance(getComputedStyle(ground).backgroundColor);
return (Math.max(low, high) + 0.05) / (Math.min(low, high) + 0.05);
"""


class WidgetPage:
    """A page of another origin with the widget, as a reader uses it."""

    def __init__(self, driver: webdriver.Chrome, site: Site, service: str) -> None:
        self.driver, self.site, self.service = driver, site, service

    def open(self, attributes: str = "", lang: str = "en", scheme: str = "light", **headers: str) -> None:
        body = f'<script src="{self.service}/widget.js" async></script><citeline-ask {attributes}></citeline-ask>'
        page = PAGE.format(lang=lang, scheme=scheme, body=body)
        self.site.answers["/"] = answer(page.encode(), "text/html; charset=utf-8", **headers)
        self.driver.get(self.site.url())
        self.wait("return Boolean(document.querySelector('citeline-ask').shadowRoot)")

    def run(self, script: str, *given: object) -> Any:
        return self.driver.execute_script(script, *given)

    def wait(self, script: str) -> None:
        WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: self.run(script))

    def all(self, selector: str) -> list[WebElement]:
        root = self.driver.find_element(By.TAG_NAME, "citeline-ask").shadow_root
        return root.find_elements(By.CSS_SELECTOR, selector)

    def style(self, name: str) -> str:
        return str(self.run(f"return getComputedStyle(arguments[0]).{name}", self.all(".box")[0]))

    def texts(self, selector: str) -> list[str]:
        return [found.text for found in self.all(selector)]

    def ask(self, question: str) -> None:
        self.all("input")[0].send_keys(question, Keys.ENTER)
        self.settle()

    def settle(self) -> None:
        """Wait until there is a reply or a problem."""
        reply = "document.querySelector('citeline-ask').shadowRoot.querySelector('.reply')"
        self.wait(f"const reply = {reply}; return reply.childElementCount > 0 && !reply.hasAttribute('aria-busy')")

    def show(self, reply: dict[str, Any] | None, status: int = 200, **headers: str) -> None:
        """Ask, and let this be the response; None is a service that is away."""
        self.run(PATCH, reply, status, {name.replace("_", "-"): value for name, value in headers.items()})
        self.ask("Who, what, when and where?")

    @property
    def announced(self) -> str:
        return str(self.all("[role=status]")[0].get_property("textContent"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """A service, and the site whose pages it lists."""
    folder = tmp_path_factory.mktemp("widget")
    (folder / "articles").mkdir()
    (folder / "articles" / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    (folder / "articles" / "lighthouse.txt").write_text(HOSTILE, encoding="utf-8")
    with closing(Site()) as site:
        origins = (site.url().removesuffix("/"),)
        places = {"state": folder / "state", "articles": folder / "articles"}
        settings = Settings(**places, reader=SENTENCES, threshold=0.0, watch=False, widget_origins=origins)
        app = create_app(settings, WordEmbedder(), INLINE)
        app.extensions["citeline"].indexer.wait(60)
        with served(app) as port:
            yield f"http://127.0.0.1:{port}", site
        close_app(app)


@pytest.fixture
def page(chromium: webdriver.Chrome, service: tuple[str, Site]) -> Iterator[WidgetPage]:
    """The page, whose console must hold no error of the widget when a test is done."""
    set_width(chromium, 1280)
    chromium.get_log("browser")
    made = WidgetPage(chromium, service[1], service[0])
    made.open()
    yield made
    errors = [one["message"] for one in chromium.get_log("browser") if one["level"] == "SEVERE"]
    assert [] == [message for message in errors if "favicon" not in message]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_of_another_origin_asks_and_shows_the_quotation(page: WidgetPage, width: int) -> None:
    set_width(page.driver, width)
    policy = f"default-src 'none'; script-src {page.service}; connect-src {page.service}"
    policy += "; require-trusted-types-for 'script'; trusted-types 'none'"
    page.open(Content_Security_Policy=policy)
    page.ask("Who led the repair of the harbour bridge?")
    assert "Amina Farouk led the repair of the harbour bridge." == page.texts("mark")[0]
    assert ["The harbour bridge reopens"] == page.texts(".reply > .entry cite")
    link = page.all(".byline a")[0]
    assert str(link.get_attribute("href")).startswith(f"{page.service}/read/")
    assert ("_blank", "noopener noreferrer") == (link.get_attribute("target"), link.get_attribute("rel"))
    assert page.announced.startswith("Amina Farouk led the repair of the harbour bridge.")
    assert "The harbour bridge reopens" in page.announced
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    assert "10px" == page.style("borderRadius"), "the policy keeps the styles out"


def test_the_link_leads_to_the_marked_words(page: WidgetPage) -> None:
    page.ask("Who led the repair of the harbour bridge?")
    page.driver.get(str(page.all(".byline a")[0].get_attribute("href")))
    assert "Amina Farouk led the repair" in page.driver.find_element(By.TAG_NAME, "mark").text


def test_an_origin_that_is_not_listed_is_blocked(page: WidgetPage) -> None:
    with closing(Site()) as other:
        blocked = WidgetPage(page.driver, other, page.service)
        blocked.open()
        blocked.ask("Who led the repair of the harbour bridge?")
        assert "The service can’t be reached" in blocked.texts(".problem")[0]
        assert [] == blocked.all("mark")
    errors = [one["message"] for one in page.driver.get_log("browser")]
    assert any("has been blocked by CORS policy" in message for message in errors)


def test_text_of_articles_is_never_markup(page: WidgetPage) -> None:
    page.ask("What is the password of the old lighthouse?")
    assert "The password of the old lighthouse is <b>rosebud</b>, says the keeper." in page.texts("blockquote")[0]
    hostile = "<img src=x onerror='window.hacked = 3'> says 17 <script>window.hacked = 4</script>"
    found = answer_of(hostile, "17", hostile)
    found["article"] |= {"title": "<b>News</b>", "url": "javascript:window.hacked=5", "source": "<i>Post</i>"}
    page.show(reply_of(found | {"link": "javascript:window.hacked=6"}, hint="<u>hint</u>"))
    assert ["<b>News</b>"] == page.texts("cite")
    assert str(page.all(".byline a")[0].get_attribute("href")).startswith(f"{page.service}/read/")
    assert [] == page.all("img, script, b, i, u")
    assert page.run("return window.hacked") is None


def test_other_values_parts_and_pronouns_are_shown(page: WidgetPage) -> None:
    best = answer_of(RIOTS, "17", RIOT)
    best["article"] |= {"published": "2026-11-18", "source": "Post", "url": "https://news.example/riots"}
    best |= {"link": "https://news.example/riots#:~:text=During", "place": {"page": 7, "heading": "Riots"}}
    other = {name: best[name] for name in ("start", "end", "sentence", "confidence")}
    differs = other | {"text": "19", "article": best["article"] | {"source": "Gazette", "id": "1" * 16}}
    earlier = other | {"text": "seven", "article": best["article"] | {"published": "2026-11-16", "url": None}}
    second = answer_of(RIOTS, "short", "Tea 🍵 was short.", confidence=0.6)
    evidence = {"text": "Ossery", "kind": "name", "met": False}
    best |= {"differs": [differs], "supersedes": [earlier], "evidence": [evidence]}
    page.show(reply_of(best, second))
    assert ["17", "Sure"] == [page.texts(".words")[0], page.texts(".muted")[0]]
    assert RIOTS == page.texts("blockquote")[0]
    assert ["17"] == page.texts(".reply > .entry > blockquote mark")
    expected = ["differs: 19", "(November 18, 2026, Gazette)", "earlier: seven", "(November 16, 2026, Post)"]
    shown = " ".join(page.texts(".others li")).replace(" (opens in a new tab)", "").replace("\n", " ")
    assert [] == [words for words in expected if words not in shown]
    assert "Not mentioned here: Ossery" in page.texts(".muted")
    assert ["p. 7 · Riots", "November 18, 2026"] == page.texts(".reply > .entry > .byline :is(span:not(.hidden), time)")
    assert best["link"] == page.all(".reply > .entry > .byline a")[0].get_attribute("href")
    assert page.announced.startswith("17. Sure. differs: 19. earlier: seven.")
    page.all("summary")[0].click()
    assert "short" == page.texts("details .words")[0]
    parts = [part_of(RIOTS, "17", RIOT, None), part_of(RIOTS, "short", "Tea 🍵 was short.", None)]
    page.show(reply_of(answer_of(RIOTS, "17", RIOT) | {"parts": parts}))
    assert ["17", "short"] == page.texts(".words li")
    assert ["17", "short"] == page.texts("mark")


def test_a_question_without_an_answer_says_so(page: WidgetPage) -> None:
    closest = [{"text": RIOT, "start": 16, "end": 16 + len(RIOT), "article": answer_of(RIOTS, "17", RIOT)["article"]}]
    page.show(reply_of(hint="Try other words.") | {"closest": closest})
    assert "The articles don’t say." == page.texts(".unanswered")[0]
    assert ["Closest passages (1)"] == page.texts("summary")
    assert "The articles don’t say. Try other words." == page.announced
    page.show(reply_of(hint="Hello. Ask a question."))
    assert [] == page.all(".unanswered")
    assert "Hello. Ask a question." == page.announced
    page.open(lang="de")
    page.show(reply_of(hint="The closest passage doesn’t mention France.") | {"closest": closest})
    assert ["Die Artikel sagen es nicht."] == page.texts(".reply > p")
    assert "Die Artikel sagen es nicht." == page.announced


def test_problems_are_said_and_can_be_tried_again(page: WidgetPage) -> None:
    page.show(None)
    assert "The service can’t be reached. Try again in a moment." == page.announced
    page.show({"detail": "No."}, 429, Retry_After="7")
    assert "Too many questions. Try again in 7 seconds." == page.announced
    page.show({"detail": "Not ready."}, 503)
    assert "Too many questions at once. Try again in a moment." == page.announced
    page.show({"detail": "The filter source is blank."}, 422)
    assert "The filter source is blank." == page.announced
    page.run(PATCH, reply_of(answer_of(RIOTS, "17", RIOT)), 200, {})
    page.all(".problem button")[0].send_keys(Keys.ENTER)
    page.settle()
    assert "17" == page.texts(".words")[0]
    assert "INPUT" == page.run("return document.activeElement.shadowRoot.activeElement.tagName")


def test_attributes_choose_the_service_the_filters_and_the_words(page: WidgetPage) -> None:
    filters = """source='["Post", "Gazette"]' published-from="2026-01-01" token="a token of sixteen" """
    page.open(f'server="https://other.example" placeholder="Ask us" {filters}', lang="de-AT")
    assert ("Ask us", "Fragen") == (page.all("input")[0].get_attribute("placeholder"), page.texts("button")[0])
    page.show(reply_of())
    sent = page.run("return window.sent")
    assert "https://other.example/ask" == sent["address"]
    question = {"question": "Who, what, when and where?"}
    assert question | {"source": ["Post", "Gazette"], "published_from": "2026-01-01"} == sent["body"]
    assert ("omit", "Bearer a token of sixteen") == (sent["credentials"], sent["headers"]["Authorization"])
    assert "Die Artikel sagen es nicht." == page.announced
    page.open("source='[\"Post\"'")
    page.ask("When?")
    assert "The filter source of this page can’t be read." in page.texts(".problem")[0]


def test_it_reads_from_right_to_left_and_in_the_dark(page: WidgetPage) -> None:
    page.open(lang="he", scheme="dark")
    assert ("rtl", "rgb(34, 32, 29)") == (page.style("direction"), page.style("backgroundColor"))
    page.show(reply_of(answer_of(LIBRARY, "4 במאי", LIBRARY)))
    assert "rtl" == page.all("blockquote")[0].value_of_css_property("direction")
    page.open('theme="light" lang="en"', lang="he", scheme="dark")
    assert ("ltr", "rgb(255, 253, 248)") == (page.style("direction"), page.style("backgroundColor"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#6b0f0f", "#777", "#ffe066"])
def test_any_accent_can_be_read(page: WidgetPage, theme: str, accent: str) -> None:
    page.open(f'theme="{theme}" style="--citeline-accent: {accent}"')
    page.show(reply_of(answer_of(RIOTS, "17", RIOT)))
    button, link, box = (page.all(selector)[0] for selector in ("button", ".byline a", ".box"))
    assert page.run(CONTRAST, button, button) >= 4.5
    assert page.run(CONTRAST, link, box) >= 4.5


def test_the_last_question_counts(page: WidgetPage) -> None:
    page.run(
        "window.fetch = (address, { body, signal }) => new Promise((resolve, reject) => {"
        " signal.addEventListener('abort', () => reject(signal.reason));"
        " if (body.includes('second')) resolve(new Response(JSON.stringify(arguments[0]))); })",
        reply_of(answer_of(RIOTS, "17", RIOT)),
    )
    page.run("document.querySelector('citeline-ask').ask('first')")
    assert "Searching…" == page.announced
    page.run("document.querySelector('citeline-ask').ask('second')")
    page.settle()
    assert "17" == page.texts(".words")[0]
