"""Small talk: greetings, thanks, questions about the program, and a short reply to each."""

from collections.abc import Sequence

from qa.query.phrases import Phrases, Word

# The first group that matches decides the reply: "hi, who are you" is a question rather than a greeting.
_GROUPS: tuple[tuple[Phrases, str], ...] = (
    (
        Phrases.of("""
            who|what are|r you|u really|exactly?
            who|whos|what|whats is? this
            who|what is citeline
            what|whats is? your|ur name
            do you have a name
            are|r you|u a|an? real? human|robot|bot|ai|machine|person|program|chatbot|computer|real|alive|sentient
            are|r you chatgpt|gpt|siri|alexa|google|claude|gemini
            am i talking|speaking|chatting to|with a|an? human|robot|bot|machine|person|computer
            who made|built|created|wrote|programmed|developed you|u|this
            tell me about|something yourself|you
            tell me something about yourself|you
            introduce yourself
            how old are you
            where are you from
        """),
        "I'm Citeline, a program: I answer questions by quoting your articles.",
    ),
    (
        Phrases.of("""
            what|wat can|could you|u do|answer
            what else? can i ask you?
            what should|could i ask you?
            what else can you do
            what are you able to do
            what do you do|know
            how do|can|should i use|start this|you?
            how do you work
            how does|do this|citeline work
            how can|could you|u help me|us?
            what questions can i|you ask|answer you?
            can|could|will you please? help me|us?
            i need some|your? help
            help me|us?
        """),
        "Ask who, what, when, where, why or how many, and I'll quote the words of your articles that answer.",
    ),
    (
        Phrases.of("""
            can|could|would|will you|u please? tell|explain|help|answer me|us? more|something|this|that|a? question?
            tell|ask|teach|show me|us more|something|anything|everything?
            i|ive have|got|had? a|one|another|some quick|short|simple? question|questions
            can|could|may i ask you? something|a|another|one|some? question|questions?
            a|one|another|quick|next quick|more|last? question
            go on
            explain|continue|more|question|answer|tell
            what|anything else
        """),
        "Gladly! What would you like to know from your articles?",
    ),
    (
        Phrases.of("""
            how are|r you|u|things|ya doing|going|feeling?
            how is|s it|everything|life going?
            hows it|everything|life|things going?
            whats up|new
            what is up
            wassup|whassup|sup
            how do you do
            how have you been
            hows|how is? your day
            are you ok|okay|alright|well|fine
            and you
        """),
        "I'm a program, so I'm always the same: ready to look something up in your articles.",
    ),
    (
        Phrases.of("""
            tell me a|another? joke|jokes|story
            make me laugh
            sing me? a? song
            i love|like|hate|miss you|u
            do you love|like|hate me
            will you marry me
            are you happy|sad|married|single|tired|bored
            im|i am? bored
        """),
        "All I can do is quote your articles: ask me something that they may answer.",
    ),
    (
        Phrases.of("""
            thats|this|it|its|youre|ur is? totally|completely|just? wrong|false|stupid|useless|nonsense|rubbish
            that|you|u is|are|was|r totally|completely|just|all|so? wrong|false|stupid|useless|nonsense|rubbish|bad
            thats|this|that|it|its is|was? not right|true|correct|helpful
            thats|this|that|it|its is|was? not what i asked|meant|wanted for?
            not what i asked|meant|wanted for?
            wrong|incorrect|bad|stupid|useless answer|bot|robot|machine|program
            wrong|incorrect|rubbish|nonsense
            you suck
        """),
        "Sorry about that! Other words, or names as your articles have them, may find it.",
    ),
    (
        Phrases.of("""
            bye|goodbye|byebye|farewell|cya bye?
            good bye
            see|c you|ya|u later|soon|tomorrow|around|again?
            good night
            goodnight
            talk|speak to? you|u? later|soon|tomorrow
            have a nice|good|great|lovely day|evening|night|one|weekend|time
            take care
            i have|need|must to? go
            im off
            until next time
        """),
        "Goodbye! Come back whenever a question comes up.",
    ),
    (
        Phrases.of("""
            thanks|thank|thx|thnx|tnx|thanx you|u? very|so|a? much|lot|bunch|million|ton|again?
            thankyou|ty|tysm|cheers very|so? much?
            many|much|big|lots thanks|of? thanks?
            appreciate it|that|this
            i appreciate it|that|this
            i appreciate your help
            much appreciated
            that|this|it is|was very|really|so? helpful|useful
            thats|you very|really|so? helpful|useful
        """),
        "You're welcome! Ask whenever something else comes up.",
    ),
    (
        Phrases.of("""
            hi|hello|hey|hiya|hullo|howdy|yo|heya|helo|hallo|greetings|hii|heyy|helloo
            good morning|afternoon|evening|day
            gm|goodmorning
            nice|good|pleased|great to meet|see you too?
            long time no see
            welcome back?
            anyone|anybody|someone there|here|home
            is anyone|anybody|someone there|here|home
            are you there|here|awake|online|ready
            test|testing|ping
            knock knock
        """),
        "Hello! Ask a question, and I'll look for the answer in your articles.",
    ),
    (
        Phrases.of("""
            lol|lmao|rofl|lool|xd|ha|hah|haha|hahaha|hahahaha|hehe|hehehe|hihi
            funny|hilarious
            thats|very|so funny|hilarious
            that is|was very|so? funny|hilarious
        """),
        "Glad you like it! What else would you like to know?",
    ),
    (
        Phrases.of("""
            ok|okay|okey|k|kk|oki|alright|fine|right|sure|yes|yeah|yep|yup|yea|no|nope|nah
            great|cool|awesome|perfect|excellent|wow|good|super|amazing|wonderful|fantastic|brilliant|interesting
            understood|hmm|hm|mhm|uh|um|oh|ah|aha|really|please|sorry|nevermind|whatever|exactly|correct
            nice|good|great|well one|work|job|done|bot|answer|question
            very|so|pretty nice|good|cool|interesting
            got it
            i see|understand
            makes sense
            never mind
            no problem|worries|thanks
            of course
            sounds good|great
            all good|right|fine|clear
            thats|that is|was? all|right|correct|good|great|cool|it|fine|nice|interesting|enough
            not bad
            me too
            im fine|good|ok|okay|back|here
            i am fine|good|ok|okay|back|here
        """),
        "All right! Ask another question whenever you like.",
    ),
)
# Accompany small talk, and are none alone.
_FILLERS = Phrases.of("""
    there|all|everyone|everybody|guys|folks|friend|friends|buddy|mate|bro|dude|sir|madam|again|then|now|today|my|dear
    citeline|bot|robot|assistant|team|world|so|and|but|well|just|too|very|much|anyway|please
    for now
    for your|the|all|that|this|everything|helping quick|great|kind? help|answer|answers|info|time|me?
    in advance
""")


def small_talk_reply(words: Sequence[Word]) -> str | None:
    """Return the reply to small talk, or None where the words say anything else."""
    matched: set[int] = set()
    at = 0
    while at < len(words):
        lengths = [group.longest(words, at) for group, _ in _GROUPS]
        length = max(lengths)
        filler = _FILLERS.longest(words, at)
        if not length and not filler:
            return None
        if length >= filler:
            matched.add(lengths.index(length))
        at += max(length, filler)
    return _GROUPS[min(matched)][1] if matched else None
