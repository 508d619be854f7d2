"""Refuses pages that show no article but a request: to run scripts, to accept cookies, to prove to be human."""

import re
from typing import Any

from corpus.errors import UnreadableDocument

_MAX_SHELL = 600  # characters of a page that only asks for something
_MAX_WALL = 4000
_SCRIPTS = re.compile(
    r"(?:enabl|activ|turn on|turned off|disabl|requir|need|support|allow|switch on|aktivier|einschalt|habilit|permit"
    r"|abilit|attiv|ativ|inschakel|aktiver|włącz|включит|отключ|启用|啟用|有効)\w*(?:\W+\w+){0,8}?\W+java ?script"
    r"|java ?script\W+(?:\w+\W+){0,8}?(?:enabl|activ|disabl|requir|turned|needed|aktivier|deaktivier|habilit|désactiv"
    r"|disabilit|uitgeschakeld|off|włącz|включ|отключ|有効|启用)",
    re.I,
)
_ROBOTS = re.compile(
    r"checking (?:your browser|if the site connection is secure)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a robot|unusual traffic from your|complete the (?:captcha|security check)|enable cookies to continue"
    r"|please enable cookies|access denied|request (?:was )?(?:blocked|unsuccessful)|pardon our interruption",
    re.I,
)
_COOKIES = re.compile(
    r"cookies?\b|consent|privacy (?:policy|settings|preferences|choices)|personal data|our partners|datenschutz"
    r"|einwilligung|zustimm\w+|consentement|données personnelles|consentimiento|datos personales|gdpr|dsgvo|rgpd",
    re.I,
)
_ACCEPT = re.compile(
    r"\b(?:accept|agree|allow|consent|got it|manage (?:options|preferences|settings)|reject|akzeptieren|zustimmen"
    r"|einverstanden|ablehnen|accepter|refuser|j['’]accepte|aceptar|rechazar|accetta\w*|accepteren|akkoord)\b",
    re.I,
)
_NOTICE = re.compile(
    r"(?:us(?:e|es|ing)|accept|stor(?:e|es|ing)|verwend\w+|nutz\w+|utilis\w+|gebruik\w*|utiliza\w*|usa)\b"
    r"(?:\W+\w+){0,3}?\W+cookies",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MIN_COOKIE_SHARE = 0.6  # of the characters, in sentences about cookies


def check_article(text: str, tree: Any, name: str) -> None:
    """Raise UnreadableDocument where the text of a page is a script's shell, a check for robots or a cookie wall."""
    if len(text) <= _MAX_SHELL and _SCRIPTS.search(text) and tree.find(".//script") is not None:
        raise UnreadableDocument(
            f"{name} holds no article: it asks for JavaScript. Pages that a script fills can't be read."
        )
    if len(text) <= _MAX_SHELL and _ROBOTS.search(text):
        raise UnreadableDocument(
            f"{name} holds no article: the site refuses programs, or asks readers to prove that they are human."
        )
    if len(text) <= _MAX_WALL and _is_about_cookies(text) and _offers_to_accept(tree):
        raise UnreadableDocument(f"{name} holds no article: it asks readers to accept cookies before it shows one.")


def _is_about_cookies(text: str) -> bool:
    terms = {term.lower() for term in _COOKIES.findall(text)}
    if len(terms) < 2 and not _NOTICE.search(text):
        return False
    sentences = [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]
    about = sum(len(sentence) for sentence in sentences if _COOKIES.search(sentence))
    return about >= _MIN_COOKIE_SHARE * sum(map(len, sentences))


def _offers_to_accept(tree: Any) -> bool:
    controls = tree.xpath("//button | //a | //input[@type='submit' or @type='button'] | //*[@role='button']")
    labels = (" ".join([*control.itertext(), control.get("value", "")]) for control in controls)
    return any(len(label) <= 60 and _ACCEPT.search(label) for label in labels)
