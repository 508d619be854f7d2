"""What the tests of the HTTP interface and of the page share: a site with feeds, and the page in a browser."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from qa.reader.loader import SENTENCES
from tests.browser import CHROMEDRIVER, CHROMIUM, Chat, go_offline, set_width
from tests.processes import running_server
from tests.web_server import TIDES, Site, answer, rss

SAMPLE = Path(__file__).parents[2] / "corpus" / "articles"
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


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with a feed of two pages, one of which is gone."""
    with closing(Site()) as made:
        made.answers |= {"/feed": rss("Harbour", made.url("/tides"), made.url("/gone")), "/tides": answer(TIDES)}
        made.answers |= {"/gone": answer(status=410), "/broken": answer(status=503)}
        yield made


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def reading_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample article as a fresh checkout does."""
    folder = tmp_path_factory.mktemp("fresh")
    with running_server(folder / "state", "--articles", str(SAMPLE)) as address:
        yield address


@pytest.fixture(scope="session")
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


@pytest.fixture
def chat(chromium: webdriver.Chrome, server: str) -> Iterator[Chat]:
    """Return the chat, opened anew; whatever a test does, the console must hold no error when it is done."""
    set_width(chromium, 1280)
    chat = Chat(chromium, server)
    go_offline(chat, offline=False)
    chat.open("/healthz")
    chat.run("sessionStorage.clear(); localStorage.clear()")
    chromium.get_log("browser")
    chat.open()
    yield chat
    entries = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [] == [message for message in entries if "Failed to load resource" not in message or ".js" in message]


@pytest.fixture
def reading(chat: Chat, reading_server: str) -> Chat:
    """The chat of a fresh checkout."""
    fresh = Chat(chat.driver, reading_server)
    fresh.open()
    return fresh
