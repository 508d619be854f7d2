import time
from email.message import EmailMessage

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import InvalidInput, UnreadableDocument


def mail(text: str = "The ferry sails at noon.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Per Dåhl <per@harbour.example>"
    message["To"], message["Subject"] = "ola@harbour.example", "Fähre: new times"
    message["Date"] = "Tue, 05 Mar 2024 09:30:00 +0100"
    message.set_content(text)
    return message


def test_reads_subject_date_sender_and_text() -> None:
    text = "Hello Ola,\n\nthe ferry sails at noon.\n\n- Rope\n- Lamp\n\n> When does it sail?\n> Soon?\n"
    draft = read_document(mail(text).as_bytes(), "times.eml")
    assert ("Fähre: new times", "2024-03-05T09:30:00+01:00", "Per Dåhl") == (draft.title, draft.published, draft.source)
    assert [
        (BlockKind.PARAGRAPH, "Hello Ola,"),
        (BlockKind.PARAGRAPH, "the ferry sails at noon."),
        (BlockKind.ITEM, "Rope"),
        (BlockKind.ITEM, "Lamp"),
        (BlockKind.QUOTE, "When does it sail?\nSoon?"),
    ] == [(block.kind, draft.text[block.start : block.end]) for block in draft.blocks]
    assert () == draft.notes


def test_reads_html_rather_than_plain_text_unless_that_says_more() -> None:
    message = mail("See the table.\n")
    message.add_alternative("<p>Port and time:</p><table><tr><td>North</td><td>08:15</td></tr></table>", "html")
    assert "North" in read_document(message.as_bytes(), "a.eml").text
    message = mail("The ferry sails at noon, and the bus at one. Both wait for each other.\n")
    message.add_alternative("<p>View as text.</p>", "html")
    assert read_document(message.as_bytes(), "a.eml").text.startswith("The ferry")


def test_names_attachments_and_reads_forwarded_messages() -> None:
    message = mail()
    message.add_attachment(b"%PDF-1.7", "application", "pdf", filename="Plän.pdf")
    message.add_attachment("words that are attached", filename="list.txt")
    inner = mail("The bus waits.\n")
    inner.replace_header("Subject", "About the bus")
    message.add_attachment(inner)
    draft = read_document(message.as_bytes(), "a.eml")
    assert "The ferry sails at noon.\n\nAbout the bus\n\nThe bus waits." == draft.text
    assert ("Its attachments are not read: Plän.pdf, list.txt.",) == draft.notes


def test_reads_old_encodings_and_transfer_encodings() -> None:
    message = mail()
    message.set_content("Die Fähre fährt um zwölf.\n", charset="iso-8859-1", cte="quoted-printable")
    assert "Die Fähre fährt um zwölf." == read_document(message.as_bytes(), "a.eml").text


def test_what_is_no_mail_or_has_no_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.eml is not an e-mail \(EML\) that can be read: it has no sender"):
        read_document(b"just words", "a.eml")
    message = mail("\n")
    message.add_attachment(b"%PDF-1.7", "application", "pdf", filename="plan.pdf")
    with pytest.raises(UnreadableDocument, match=r"a\.eml holds no text\. Its attachment is not read: plan\.pdf"):
        read_document(message.as_bytes(), "a.eml")


PAGE = b"""From: <Saved by Blink>
Snapshot-Content-Location: https://harbour.example/news/ferry
Subject: Ferry news
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="b"

--b
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable
Content-Location: https://harbour.example/news/ferry

<!doctype html><html><head><title>Ferry back in service</title></head><body><main><h1>Ferry back in service</h1>
<p>The caf=C3=A9 on board is open again, and the ferry sails at noon every day.</p></main></body></html>
--b
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--b--
"""


@pytest.mark.parametrize("name", ["ferry.mhtml", "ferry.mht"])
def test_reads_the_page_of_a_web_archive_with_its_address(name: str) -> None:
    draft = read_document(PAGE, name)
    assert "The café on board is open again, and the ferry sails at noon every day." in draft.text
    assert ("Ferry back in service", "https://harbour.example/news/ferry") == (draft.title, draft.url)
    with pytest.raises(UnreadableDocument, match="holds no page"):
        read_document(mail().as_bytes(), name)


@pytest.mark.parametrize(
    "hostile",
    [
        b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\nwords",
        b"From: " + b"(" * 500_000 + b"\n\nwords",
        b"Subject: a\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000)),
        b"Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\na\n" * 50_000,
        b"Subject: a\nDate: " + b"1" * 500_000 + b"\nContent-Type: text/plain; charset=nonsense\n\nwords",
    ],
)
def test_hostile_messages_take_bounded_time(hostile: bytes) -> None:
    started = time.process_time()
    try:
        assert read_document(hostile, "a.eml").text
    except InvalidInput as error:
        assert "a.eml" in str(error)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "subject", ["=?utf-8?b?a?=", "=?x-none?q?Ferry?=", "=?utf-8?b?=FF?= Ferry", "=?utf-16?b?YQ==?="]
)
def test_a_broken_header_leaves_the_rest_of_an_e_mail(subject: str) -> None:
    data = f"From: {subject} <per@harbour.example>\nSubject: {subject}\nDate: {subject}\n\nThe ferry sails at noon.\n"
    draft = read_document(data.encode(), "a.eml")
    assert ("The ferry sails at noon.", None) == (draft.text, draft.published)
    assert draft.title


def test_a_broken_parameter_leaves_the_rest_of_an_e_mail() -> None:
    data = """Subject: Ferry
Content-Type: multipart/mixed; boundary="cut"

--cut
Content-Type: text/plain; charset*0=utf-8; charset*=b

The ferry sails at noon.
--cut
Content-Type: application/pdf; name*0=a; name*=b

--cut--
"""
    draft = read_document(data.encode(), "a.eml")
    assert ("The ferry sails at noon.", ("Its attachment is not read: application/pdf.",)) == (draft.text, draft.notes)
