"""The web chat in headless Chromium, as a person uses it, and replies to show in it."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
PATIENCE_S = 20
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="needs chromium and chromedriver"),
]

RIOTS = "Tea 🍵 was short. During the riots, 17 officers were killed, two of them in the square. It rained."
RIOT = "During the riots, 17 officers were killed, two of them in the square."
LIBRARY = "הספרייה החדשה בחיפה תיפתח ביום ראשון, 4 במאי."


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

    def insert(self, text: str) -> None:
        """Enter text into the question box at once, as pasting does, so that suggestions are asked for once."""
        self.run("question.focus(); document.execCommand('insertText', false, arguments[0])", text)

    @property
    def focus(self) -> str:
        focus: str = self.run("return document.activeElement.id")
        return focus

    def asked(self) -> list[str]:
        return [heading.text for heading in self.all(".asked")]


def set_width(driver: webdriver.Chrome, width: int) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def go_offline(chat: Chat, *, offline: bool) -> None:
    chat.driver.execute_cdp_cmd("Network.enable", {})
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    chat.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def fits(chat: Chat) -> bool:
    answer: bool = chat.run("return document.documentElement.scrollWidth <= innerWidth")
    return answer


def announced(page: Chat, beginning: str) -> str:
    """Wait for an announcement to screen readers with this beginning, and return it."""
    page.wait(lambda: page.run("return announcer.textContent").startswith(beginning))
    return str(page.run("return announcer.textContent"))


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


def show_reply(chat: Chat, reply: dict[str, Any], question: str = "Who, what, when and where?") -> WebElement:
    """Have the server answer with this reply, and return the turn that shows it."""
    respond(chat, {"/ask": reply})
    return chat.ask(question)


def respond(chat: Chat, replies: dict[str, Any]) -> None:
    """Have the server send these replies for these paths; `window.sent` has the last request for each of them."""
    chat.run(
        "const [replies] = arguments, real = window.fetch, none = {'/next-questions': {questions: []}};"
        "window.sent ??= {}; window.fetch = (address, how) => {"
        " const path = String(address).split('?')[0], reply = replies[path] ?? none[path];"
        " if (reply === undefined) return real(address, how);"
        " window.sent[path] = how.body ? JSON.parse(how.body) : String(address);"
        " return Promise.resolve(new Response(JSON.stringify(reply))); }",
        replies,
    )


def part_of(text: str, words: str, sentence: str, question: str | None) -> dict[str, Any]:
    answer = answer_of(text, words, sentence)
    return {name: answer[name] for name in ("text", "start", "end", "sentence", "article")} | {"question": question}
