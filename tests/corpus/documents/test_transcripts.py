import time

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import UnreadableDocument

SRT = """1
00:00:01,000 --> 00:00:03,000
The ferry <i>sails</i>

2
00:00:03,200 --> 00:00:05,000
at noon. Per Dahl
is the treasurer.

3
00:00:05,100 --> 00:00:07,000
- And the cook?
- Ola Berg.

4
00:01:00,000 --> 00:01:02,000
{\\an8}It stays in the harbour on Mondays.
"""
VTT = """WEBVTT

NOTE made by hand

00:01.000 --> 00:03.000
<v Per>The ferry sails

00:03.000 --> 00:05.000
<v Per>The ferry sails
at noon.

00:05.000 --> 00:06.000
<v Ola>Not on Mondays.
"""


def test_joins_cues_to_sentences_and_parts_pauses_and_speakers() -> None:
    expected = "The ferry sails at noon. Per Dahl is the treasurer.\n\n- And the cook?\n\n- Ola Berg."
    assert f"{expected}\n\nIt stays in the harbour on Mondays." == read_document(SRT.encode(), "a.srt").text
    assert expected in read_document(SRT.replace("\n", "\r\n").encode("utf-8-sig"), "a.srt").text


def test_reads_webvtt_with_its_speakers_and_without_repeated_lines() -> None:
    assert "Per: The ferry sails at noon.\n\nOla: Not on Mondays." == read_document(VTT.encode(), "a.vtt").text


@pytest.mark.parametrize("data", [b"just words", b"WEBVTT\n", b"1\n00:00:01,000 --> 00:00:02,000\n \n"])
def test_what_holds_no_cues_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.srt"):
        read_document(data, "a.srt")


@pytest.mark.parametrize(
    "hostile", ["1\n00:00:01,000 --> 00:00:02,000\na\n\n" * 20_000, "WEBVTT\n\n" + "-->" * 300_000, "1\n" * 400_000]
)
def test_hostile_subtitles_take_bounded_time(hostile: str) -> None:
    started = time.process_time()
    try:
        read_document(hostile.encode(), "a.srt")
    except UnreadableDocument as error:
        assert "a.srt" in str(error)
    assert time.process_time() - started < 10


def test_each_entry_of_a_log_is_a_line() -> None:
    log = "\x1b[32m2026-11-18 09:00 INFO\x1b[0m started\n\n2026-11-18 09:05 ERROR failed\n  at harbour.py:12\n"
    draft = read_document(log.encode(), "ferry.log")
    assert "2026-11-18 09:00 INFO started\n2026-11-18 09:05 ERROR failed at harbour.py:12" == draft.text
    assert {BlockKind.ITEM} == {block.kind for block in draft.blocks}
