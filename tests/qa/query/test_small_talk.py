import pytest

from qa.query.phrases import words_of
from qa.query.small_talk import small_talk_reply

GREETING, THANKS, BYE = "Hello!", "You're welcome!", "Goodbye!"
HOW, WHO, ABILITY = "I'm a program, so", "I'm Citeline", "Ask who, what, when"
GLADLY, SORRY, ONLY, ALL_RIGHT, LIKE = "Gladly!", "Sorry", "All I can do", "All right!", "Glad you like it!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi", GREETING),
        ("Hello there!", GREETING),
        ("HEYYYY", GREETING),
        ("good morning", GREETING),
        ("Good evening, everyone", GREETING),
        ("hello world", GREETING),
        ("is anybody there?", GREETING),
        ("test", GREETING),
        ("thanks", THANKS),
        ("thanks!!!", THANKS),
        ("Thank you so much for your help", THANKS),
        ("ok thx", THANKS),
        ("ty", THANKS),
        ("that was very helpful", THANKS),
        ("I appreciate it", THANKS),
        ("bye", BYE),
        ("ok, thanks, bye", BYE),
        ("See you tomorrow!", BYE),
        ("have a nice day", BYE),
        ("good night", BYE),
        ("how are you", HOW),
        ("hi, how are you doing today?", HOW),
        ("How's it going?", HOW),
        ("what’s up", HOW),
        ("who are you", WHO),
        ("hello, who are you?", WHO),
        ("What's your name?", WHO),
        ("are you a bot", WHO),
        ("are you a real person?", WHO),
        ("r u human", WHO),
        ("who made you", WHO),
        ("what is this?", WHO),
        ("what can you do", ABILITY),
        ("What can I ask you?", ABILITY),
        ("help", ABILITY),
        ("can you help me please", ABILITY),
        ("how does this work", ABILITY),
        ("I have a question", GLADLY),
        ("can I ask you something?", GLADLY),
        ("tell me more", GLADLY),
        ("tell me a joke", ONLY),
        ("I love you", ONLY),
        ("that's wrong", SORRY),
        ("not what I asked", SORRY),
        ("ok", ALL_RIGHT),
        ("Okay, got it.", ALL_RIGHT),
        ("yes", ALL_RIGHT),
        ("very interesting", ALL_RIGHT),
        ("well done", ALL_RIGHT),
        ("lol", LIKE),
        ("hahahaha", LIKE),
    ],
)
def test_small_talk_gets_a_short_reply(text: str, expected: str) -> None:
    reply = small_talk_reply(words_of(text))
    assert reply is not None
    assert reply.startswith(expected)
    assert len(reply) < 110


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks to whom did it end",
        "hi, when does the withdrawal finish",
        "hello world program author",
        "hello kitty",
        "ok corral",
        "who are you electing",
        "what can you do about riots",
        "how are you governed in Kazakhstan",
        "how is the economy going",
        "good morning vietnam",
        "goodbye lenin",
        "bye bye birdie",
        "help for refugees",
        "the test",
        "thanksgiving",
        "yes minister",
        "love",
        "what is the bot",
        "Nice",
        "there",
        "so",
        "для",
    ],
)
def test_what_asks_more_is_no_small_talk(text: str) -> None:
    assert small_talk_reply(words_of(text)) is None
