import pytest

from qa.query.phrases import words_of
from qa.query.small_talk import small_talk_reply
from tests.qa.tables import texts_of

GREETING, THANKS, BYE = "Hello!", "You're welcome!", "Goodbye!"
HOW, WHO, ABILITY = "I'm a program, so", "I'm Citeline", "Ask who, what, when"
GLADLY, SORRY, ONLY, ALL_RIGHT, LIKE = "Gladly!", "Sorry", "All I can do", "All right!", "Glad you like it!"
REPLIES = {
    GREETING: """
        hi|Hello there!|HEYYYY|good morning|Good evening, everyone|hello world|is anybody there?|test
    """,
    THANKS: """
        thanks|thanks!!!|Thank you so much for your help|ok thx|ty|that was very helpful|I appreciate it
    """,
    BYE: "bye|ok, thanks, bye|See you tomorrow!|have a nice day|good night",
    HOW: "how are you|hi, how are you doing today?|How's it going?|what’s up",
    WHO: """
        who are you|hello, who are you?|What's your name?|are you a bot|are you a real person?|r u human|who made you
        what is this?
    """,
    ABILITY: "what can you do|What can I ask you?|help|can you help me please|how does this work",
    GLADLY: "I have a question|can I ask you something?|tell me more",
    ONLY: "tell me a joke|I love you",
    SORRY: "that's wrong|not what I asked",
    ALL_RIGHT: "ok|Okay, got it.|yes|very interesting|well done",
    LIKE: "lol|hahahaha",
}


@pytest.mark.parametrize(
    ("text", "expected"), [(text, expected) for expected, table in REPLIES.items() for text in texts_of(table)]
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
        *texts_of("""
            thanks to whom did it end|hi, when does the withdrawal finish|hello world program author|hello kitty
            ok corral|who are you electing|what can you do about riots|how are you governed in Kazakhstan
            how is the economy going|good morning vietnam|goodbye lenin|bye bye birdie|help for refugees|the test
            thanksgiving|yes minister|love|what is the bot|Nice|there|so|для
        """),
    ],
)
def test_what_asks_more_is_no_small_talk(text: str) -> None:
    assert small_talk_reply(words_of(text)) is None
