from concurrent.futures import ThreadPoolExecutor

from qa.conversation.history import MAX_TURNS, Conversation, ConversationStore, Turn


def kept(store: ConversationStore, name: str) -> list[str]:
    return [turn.question for turn in store.with_turns(Conversation(id=name)).turns]


def test_a_conversation_goes_on_under_its_id() -> None:
    store = ConversationStore()
    for question in ("Who left?", "Why?"):
        store.keep(store.with_turns(Conversation(id="a")), Turn(question, "Ann"))
    assert ["Who left?", "Why?"] == kept(store, "a")
    assert [] == kept(store, "b")


def test_turns_that_are_given_go_before_those_kept() -> None:
    store = ConversationStore()
    store.keep(Conversation(id="a"), Turn("Kept?"))
    given = Conversation((Turn("Given?"),), "a")
    assert given == store.with_turns(given)


def test_only_the_last_turns_are_kept() -> None:
    store = ConversationStore()
    for number in range(MAX_TURNS + 5):
        store.keep(store.with_turns(Conversation(id="a")), Turn(f"{number}?"))
    assert [f"{number}?" for number in range(5, MAX_TURNS + 5)] == kept(store, "a")


def test_long_answers_are_cut_off() -> None:
    store = ConversationStore()
    store.keep(Conversation(id="a"), Turn("Why?", "x" * 100_000, "y" * 100_000))
    given = Conversation((Turn("Who?", "z" * 100_000),))
    for conversation in (Conversation(id="a"), given):
        turn = store.with_turns(conversation).turns[0]
        assert 1 <= len(turn.answer or "") + len(turn.sentence or "") <= 1_000


def test_the_conversation_carried_on_least_recently_is_dropped() -> None:
    store = ConversationStore(max_conversations=2)
    for name in ("a", "b", "c"):
        store.keep(Conversation(id=name), Turn("Who?"))
    assert ([], ["Who?"], ["Who?"]) == (kept(store, "a"), kept(store, "b"), kept(store, "c"))


def test_a_conversation_expires() -> None:
    now = [0.0]
    store = ConversationStore(seconds=60, clock=lambda: now[0])
    store.keep(Conversation(id="a"), Turn("Who?"))
    now[0] = 59.0
    assert ["Who?"] == kept(store, "a")
    now[0] = 61.0
    assert [] == kept(store, "a")


def test_many_threads_carry_on_conversations() -> None:
    store = ConversationStore(max_conversations=8)

    def carry_on(number: int) -> None:
        name = str(number % 16)
        store.keep(store.with_turns(Conversation(id=name)), Turn(f"{name}?"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(carry_on, range(400)))
    assert all({f"{name}?"} >= set(kept(store, str(name))) for name in range(16))
