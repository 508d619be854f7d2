"""What people say around a question: greetings, politeness, "tell me about", and all that leads up to it."""

from collections.abc import Iterator, Sequence

from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.query.phrases import Phrases, Word
from qa.query.question_types import begins_question, is_auxiliary, question_type_at

_PAUSES = ",;:.!?–—"
_ENDS_OF_SENTENCES = ";.!?–—"
_MAX_PREAMBLE = 40  # words
_MIN_BACKGROUND = 8  # words; fewer are part of the question: "My son is ten, can he ..."
_MAX_CLAUSES = 20  # before the question
_CONNECTORS = word_set("so and but now")
_HEDGES = word_set("about roughly approximately exactly")
_RELATIVE = word_set("who whos whose which when where")  # after a comma: "my son, who is mad about ships"
_SHARED = {
    "ALL": "all|there|everyone|everybody|guys|folks|team|again|sir|madam|citeline|bot",
    "ABOUT": "about|on|regarding|concerning",
    "BE": "am|was|were|are|have|been",
    "CAN": "can|could|would|will|may|might|cud|culd|wud",
    "INFO": "information|info|details|news|articles|facts|data|texts",
    "KNOW": "know|understand|learn|find|hear|ask|see|remember",
    "ME": "me|us",
    "MORE": "more|all|everything|something|anything|a|bit|little|lot|some|any|much",
    "PLEASE": "please|pls|plz|kindly|possibly|maybe|perhaps|just|quickly|also|again|now|exactly|briefly|really",
    "QUICK": "quick|quickly|simple|short|small|little|easy|last|next|more|other|first|one",
    "SUMMARY": "summary|overview|description|explanation|rundown|background|recap|definition|outline",
    "TEXT": "article|articles|text|texts|news|report|reports|passage|it",
    "THE": "the|these|this|those|your|my|our|any|a|an",
    "YOU": "you|u|ya",
}


def _phrases(table: str) -> Phrases:
    return Phrases.of(table, _SHARED)


# Before a comma or a question.
_GREETINGS = _phrases("""
    hi|hello|hey|hiya|hallo|hullo|howdy|yo|greetings|helo|hii|heyy ALL?
    good morning|afternoon|evening|day ALL?
    dear ALL
    excuse|pardon me
    sorry to? bother? YOU?
    a|just|one|another|QUICK a|one? QUICK? question
    question
    how are|r YOU today|doing?
    hows it going
    nice to meet YOU
    i hope YOU are|r well|fine
""")
# Before a question: "ok, when ...", "explain why ...".
_FILLERS = _phrases("""
    ok|okay|so|well|um|umm|uh|er|hmm|hm|oh|ah|and|but|also|then|now|PLEASE
    alright|right|actually|basically|btw|anyway
    by the way
    or rather
    thanks|thank|thx YOU? very|so? much?
    yes|yeah|yep|no|nope|cool|great|nice|good|sure|perfect|interesting|wow|lol
    sorry|pardon
    listen|look
    explain|describe|clarify|say|tell|specify|state|identify|discuss|find|show|outline|mention|define out? to? ME?
    determine
    figure|find|work out
    elaborate on? to? ME?
    i|ive dont|never|cant|cannot|couldnt KNOW|recall
    i|ive forgot|forget|forgotten
    im|i am? not sure
    do YOU think|believe|reckon
    remind me again?
    according to THE? TEXT
    in|from THE TEXT
    does|do|did THE? TEXT say|says|mention|tell|state|explain
    is it known|said|clear|reported|stated
""")
# Before a request: "could you please tell me ...".
_ASKING_FOR = _phrases("""
    CAN YOU PLEASE? PLEASE?
    PLEASE|ok|okay|so|well|and|thanks|sorry
    is it possible to|for YOU? to?
    is there any|a chance|way YOU CAN
    are YOU able to
    would|do YOU mind
    CAN i ask YOU to
    id|i|we would|d? like|love|want|need YOU to
    do YOU think YOU CAN
    im|i|we BE? hoping|wondering if? YOU CAN PLEASE?
    id|i would? be grateful|happy|glad|thankful if YOU CAN PLEASE?
    id|i would? appreciate it? if YOU CAN PLEASE?
    if YOU CAN PLEASE?
""")
_REQUESTS = _phrases("""
    tell|inform|teach|show|give|remind|enlighten|advise ME PLEASE?
    telling|showing|giving ME PLEASE?
    do|did YOU guys? happen? to? know|remember|recall
    do|would YOU have any|an idea|clue|ideas
    do YOU have|got? THE? answer to|for
    have|got YOU any|an idea|clue
    any|some|no idea|ideas|clue|chance YOU? know?
    does|do anyone|anybody|someone|somebody here? KNOW
    anyone|anybody know|knows
    im|i|we|ive BE? BE? just? wondering|curious please?
    i|we just|always|often|now|also? wonder|wondered
    wondering|curious
    want|need|wanted|needed|hoping to KNOW out?
    just wondering|curious
    id|wed|i|we would? PLEASE? like|love|want|wanted|need|wish|wanna|have|care to? KNOW out? YOU?
    id|wed|i|we would? be? interested|curious|keen to|in KNOW|knowing|learning
    im|i|we BE? PLEASE? trying|looking|dying|hoping|here to KNOW out?
    i|we|ive have|got|had? THE|one|another QUICK? question
    CAN i|we PLEASE? KNOW YOU? out? something|this|a? QUICK? question?
    let ME know|ask YOU? this|something?
    THE|next|another QUICK|second? question is
    what i|we want|need|wanted|wanna|would to? like? to? know|ask is
    what|all id|wed|i|we would? PLEASE? want|need|like|love|wanted to? KNOW out? is
    my|our only|main|real|actual? question is
    nobody|no one? could|can|seems to? KNOW
    help|helping ME KNOW|figure out? PLEASE?
""")
_COMMANDS = _phrases("""
    tell|telling|teach|inform ME PLEASE? MORE? MORE? YOU? know? ABOUT|of
    talk|speak|write|read|say to|with? ME? MORE? ABOUT
    explain|explane|describe|outline|define|discuss|clarify|recap to? ME? PLEASE?
    summarise|summarize|sumarise|sumarize to|for? ME? PLEASE?
    sum up
    elaborate|expand|comment on
    give|show|send|get|find|write|make|provide ME? with? THE|MORE? MORE? QUICK|brief|full? SUMMARY|INFO of|ABOUT|for
    SUMMARY|INFO of|ABOUT
    MORE INFO? ABOUT
    MORE news of|ABOUT
    what|whats do|does|can|could|would YOU|i|we|THE TEXT? know|tell|say|have|mention ME? ABOUT|of
    what do|does|can TEXT say|mention|tell ME? ABOUT|of
    what is known|said|reported|written about
    what is there to know about
    whats|what is? the story|deal|news|latest with|about|on
    whats|what is? up|new with|about
    do|does|did|have YOU|THE|TEXT TEXT? have|know|say|got|mention|heard? MORE? MORE? INFO? ABOUT|of
    is|are there MORE? MORE? INFO? ABOUT|of
    i|we|ive have|got|had THE|one|some|MORE QUICK? question|questions ABOUT
    i|we|id would? want|need|like|love|wanna to? KNOW|read|talk out? MORE? MORE? INFO? ABOUT
    i|we want|need|would like? MORE? MORE? INFO ABOUT
    im|i am? interested|looking in|for|up MORE? INFO? ABOUT?
    search|look|looking|google for|up
    search|find|google|get MORE? INFO out? ABOUT|for
    find
    show ME
""")
# A command where no clause follows: "what about the riots", not "what about the riots was new".
_WHAT_ABOUT = _phrases("""
    what|how about
""")
_CLOSINGS = _phrases("""
    please|pls|plz|plez|pleas|kindly|thanks|thx|thnx|tnx|ty|cheers
    thanks|thx|cheers very|so|a|in? much|lot|advance|million?
    thank YOU very|so? much? in? advance?
    thanks very|so|a? much|lot? in advance
    thanks for THE help|time|answer|answers
    thank YOU for THE help|time|answer|answers
    thankyou very? much?
    many|much thanks
    please|pls|plz|and|ok|okay and? thanks|thx
    please|pls|plz|and|ok|okay and? thank YOU
    if YOU know|please|CAN
    if YOU dont mind
    if possible
    asap
""")
# Ends a question only after a comma or the like: "who is it, tell me".
_AFTERTHOUGHTS = _phrases("""
    do|did|would YOU happen? to? know|remember?
    CAN YOU please? tell|help|explain|answer ME? please?
    please tell ME
    tell|let ME know? please?
    any|some idea|ideas|clue|thoughts
    does|do anyone|anybody know
    anyone|anybody know|knows?
    i wonder|wondered
    im|just curious|wondering
    lol|mate|bro|dude|man|buddy|sir|friend|ok|okay|huh|eh|right|hello|hi|bye|goodbye|haha|citeline|bot
    YOU know
    according to THE? TEXT
""")
# Words that take a closing as their object: "how do you say thanks", "who sang please".
_TRANSITIVE = word_set("""
    say says said saying mean means meaning word words of to the a an with no for and or in is was are by from sang
    sing sings song album film movie book wrote write called named titled spell spelled spelt about on that this please
    thanks thank my your his her their our its give gave phrase whom than as at send sent big some more pretty who what
    they he she we i deserve deserves deserved
""")


def core_start(text: str, words: Sequence[Word]) -> tuple[int, bool]:
    """Return the index of the first word after the preamble, and whether the preamble ends with a command."""
    return list(core_starts(text, words))[-1]


def core_starts(text: str, words: Sequence[Word]) -> Iterator[tuple[int, bool]]:
    """Yield 0, and the index of the first word after each phrase of the preamble, with whether that is a command."""
    preamble = _Preamble(text, words)
    at, commanded = 0, False
    while True:
        yield at, commanded
        length, is_command = preamble.at(at)
        if not length:
            return
        at, commanded = at + length, is_command


class _Preamble:
    """Matches preamble phrases at any word of a text, each word once."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self._text = text
        self._words = words
        self._cache: dict[int, tuple[int, bool]] = {}  # lookups recur: "ok ok ok ..."

    def at(self, place: int) -> tuple[int, bool]:
        """Return the length of the preamble phrase at a word and whether it is a command; (0, False) for none."""
        if not 0 <= place < min(len(self._words), _MAX_PREAMBLE):
            return 0, False
        if place not in self._cache:
            self._cache[place] = self._match(place)
        return self._cache[place]

    def _match(self, place: int) -> tuple[int, bool]:
        words = self._words
        is_clause = any(is_auxiliary(word) for word in words[place:])
        command = max(_COMMANDS.longest(words, place), 0 if is_clause else _WHAT_ABOUT.longest(words, place))
        request = _REQUESTS.longest(words, place)
        if command >= max(request, 1) and place + command < len(words):
            asks = begins_question(words, place + command)  # "tell me about when ..."; but "google is a company"
            if not asks or command > 1:
                return command, not asks
        if request and place + request < len(words):
            return request, False
        greeting = _GREETINGS.longest(words, place)
        after = place + greeting
        is_apart = greeting and after < len(words) and _follows_pause(self._text, words, after)
        if is_apart or (greeting and self._precedes_question(after)):
            return greeting, False
        filler = 0 if self._is_contracted(place) else _FILLERS.longest(words, place)
        if filler and self._precedes_question(place + filler):
            return filler, False
        asking = _ASKING_FOR.longest(words, place)
        return (asking, False) if asking and self.at(place + asking)[0] else (0, False)

    def _is_contracted(self, place: int) -> bool:
        """Return whether a word is "we'll" rather than "well"."""
        word = self._words[place]
        return word.normalized == "well" and word.end - word.start > len(word.normalized)

    def _precedes_question(self, after: int) -> bool:
        """Return whether a question follows a phrase: in "hello world author" none follows the greeting."""
        if after < len(self._words) and self._words[after].normalized == "to":  # "thanks to whom ..."
            return False
        return begins_question(self._words, after) or self.at(after)[0] > 0


def background_end(text: str, words: Sequence[Word]) -> int:
    """Return the index of the first word of the question that follows what askers tell of themselves; 0 for none."""
    if not words or begins_question(words, 0) or words[0].normalized in lexicon.LEADING_SUBORDINATORS:
        return 0
    starts = [at for at in range(1, len(words)) if _begins_clause(text, words, at)]
    for start in starts[:_MAX_CLAUSES]:
        length, commanded = core_start(text, words[start:])
        at = start + length
        if at >= _MIN_BACKGROUND and not commanded and _asks(text, words, start, at) and _speaks(text, words[:start]):
            return at
    return 0


def _speaks(text: str, words: Sequence[Word]) -> bool:
    """Return whether somebody speaks of himself: "I have lost my ticket", "We'll be in town"."""
    return any(
        word.normalized in lexicon.ASKERS or text[word.start : word.end].lower() in ("we'll", "we’ll") for word in words
    )


def _begins_clause(text: str, words: Sequence[Word], at: int) -> bool:
    """Return whether a clause may begin at a word: after a pause, or with "so" or "and"."""
    return _pauses(text, words, at, _PAUSES) or words[at].normalized in _CONNECTORS


def _pauses(text: str, words: Sequence[Word], at: int, marks: str) -> bool:
    """Return whether a mark and a space precede a word, as they don't in "9.40"."""
    gap = text[words[at - 1].end : words[at].start]
    return " " in gap and any(mark in gap for mark in marks)


def _asks(text: str, words: Sequence[Word], start: int, at: int) -> bool:
    """Return whether the clause from a word on asks, as "which I don't like" does not.

    The words from `start` on lead to it: "and I'd like to know".
    """
    led = any(word.normalized not in _CONNECTORS | lexicon.PREPOSITIONS for word in words[start:at])
    place = at
    while place < len(words) and words[place].normalized in _HEDGES | lexicon.PREPOSITIONS:
        place += 1
    if place + 1 >= len(words):
        return False
    name, following = words[place].normalized, words[place + 1].normalized
    is_paused = any(_pauses(text, words, here, _PAUSES) for here in {start, at})
    if led and (name in ("if", "whether") or question_type_at(words, place) is not None):
        return True
    if question_type_at(words, place) is None:  # "can we bring dogs"
        is_inverted = is_auxiliary(words[place]) and following in lexicon.CLAUSE_SUBJECTS
        return is_paused and place == at and is_inverted and place + 2 < len(words)
    if not is_paused or following in lexicon.CLAUSE_SUBJECTS:
        return False
    is_apart = at > start or _pauses(text, words, start, _ENDS_OF_SENTENCES)
    return is_apart or name not in _RELATIVE or (name in ("when", "where") and is_auxiliary(words[place + 1]))


def _follows_pause(text: str, words: Sequence[Word], at: int) -> bool:
    """Return whether a punctuation mark precedes a word."""
    return any(mark in text[words[at - 1].end : words[at].start] for mark in _PAUSES)


def core_end(text: str, words: Sequence[Word], first: int) -> int:
    """Return the index after the last word before the closing."""
    for at in range(max(first + 1, len(words) - 8), len(words)):
        paused = _follows_pause(text, words, at)
        closes = _CLOSINGS.longest(words, at) == len(words) - at and (
            paused or (at - first > 1 and words[at - 1].normalized not in _TRANSITIVE)
        )
        if closes or (paused and _AFTERTHOUGHTS.longest(words, at) == len(words) - at):
            return at
    return len(words)
