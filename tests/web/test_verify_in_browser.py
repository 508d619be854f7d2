"""The page /verify in a browser."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import Chat, set_width
from tests.waiting import comes

TEXT = (
    'They wrote "Amina Farouk led the repair of the harbour bridge", "The city paid 2.9 million euros for it" and '
    '"nobody ever saw such a thing".'
)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_draft_is_verified_by_keyboard(chat: Chat, width: int) -> None:
    set_width(chat.driver, width)
    chat.open("/verify")
    driver = chat.driver
    draft = driver.switch_to.active_element
    assert "draft" == draft.get_attribute("id")
    draft.send_keys(TEXT, Keys.TAB, Keys.TAB, Keys.ENTER)
    assert comes(lambda: len(driver.find_elements(By.CSS_SELECTOR, "#excerpts > li")) == 3, 20)
    verdicts = [one.text for one in driver.find_elements(By.CSS_SELECTOR, ".verdict")]
    assert ["Found exactly", "Found altered", "Not found"] == verdicts
    assert "3 quotations: 1 exact, 1 altered, 1 not found" == driver.find_element(By.ID, "outcome").text
    assert "2.9" in driver.find_element(By.CSS_SELECTOR, "#excerpts ins").text
    assert "2.4" in driver.find_element(By.CSS_SELECTOR, "#excerpts del").text
    assert chat.run("return document.documentElement.scrollWidth <= window.innerWidth")
