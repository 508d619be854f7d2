"""The English words that the query rules go by: question words, verbs, nouns by what they ask for, stop words."""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


# Forms of be, do, have, and modal verbs.
AUXILIARIES = word_set("""
    is are was were am be been do does did done has have had can could will would shall should may might must isnt arent
    wasnt werent dont doesnt didnt hasnt havent hadnt cant couldnt wont wouldnt shouldnt cannot
""")
PREPOSITIONS = word_set(
    "in on at to by for from with of since until till about during after before under into through within near"
)
DETERMINERS = word_set("the a an its his her their our that this")
POSSESSIVES = word_set("his her its their")
PRONOUNS = word_set("he she it they him them") | POSSESSIVES
# A clause goes on with one of these: in "the city in which he died", "which" asks nothing.
CLAUSE_SUBJECTS = word_set("the a an he she it they we you i his her its their this that these those there")
CONJUNCTIONS = word_set("and but so or then also")
SUBORDINATORS = word_set("until that because if when than to")
ADJECTIVES = word_set("exact full total first last final main real current official average next new present")

# Question words by question type, with common misspellings.
QUESTION_WORDS = {
    "who": "who whos whom whose whod wholl whove whoo woh whoes hwo whoose",
    "when": "when whens whend wen wehn hwen whn whne whenn",
    "where": "where wheres whered wher hwere whre wheer whear wehre were",
    "which": "which whichs wich whcih whitch wihch hwich whihc whic witch",
    "what": "what whats whatd whatre whatll wat wats waht wahts whta whast hwat wht whatt wath wut",
    "why": "why y whys whyd hwy wyh whyy",
    "how": "how hows howd hw ho hou hoow howw",
}
# Names and ordinary words too: question words only where an auxiliary or a quantity follows.
AMBIGUOUS_QUESTION_WORDS = word_set("y wen wat witch were ho hw hou wut")
# What follows "how", by question type.
QUANTITIES = {
    "how long": "long lnog longer",
    "when": "soon early late recently",
    "why": "come",
    "how many": """
        many meny mny mani maany much mutch muhc few little old far often offen ofen oftne frequently tall high
        large big wide deep fast heavy hot cold expensive quickly strong thick populous distant rich
    """,
}
JOINED_QUANTITIES = {"how many": "howmany howmuch howold howfar howoften", "how long": "howlong", "why": "howcome"}
TIME_NOUNS = word_set("year years date day days month century decade time season week weekday hour")
NUMBER_NOUNS = word_set("number percentage percent amount population proportion share total quantity")
PLACE_NOUNS = word_set("place city town country state region village area street building continent location room")
REASON_NOUNS = word_set("reason reasons purpose motive")
# Head nouns of a phrase that asks without a question word: "the date the withdrawal finishes".
HEAD_NOUNS = {
    "when": "date day year month time century deadline birthday",
    "where": "place location address whereabouts birthplace",
    "how many": "number percentage amount population cost price age height length size weight proportion total",
    "how long": "duration",
    "why": "reason reasons cause causes purpose motive",
    "who": "person people man woman author inventor founder winner leader president king queen director",
    "how": "way method",
    "what": "name names title meaning definition",
}
SOME = word_set("one two both example examples")  # of a question for some of several things
PLURALS = word_set("people men women children species staff police")  # that don't end with "s"
FOREIGN_QUESTION_WORDS = word_set("""
    wann warum wieso wer wie wo welche welcher welches wieviel wieviele quand qui que quoi où pourquoi combien quel
    quelle quels quelles cuándo cuando dónde donde quién quien cómo como qué cuál cuánto cuántos quando perché
    quanto quanti quem onde quantos waar wanneer waarom
""")
FOREIGN_FUNCTION_WORDS = word_set(
    "der die das und ist nicht ein eine von les est une dans des du los las una del el il della di het een que"
)
FUNCTION_WORDS = word_set("the a an of and in to for on at with by from is are was were it this that as")

# Alternatives of regular expressions.
NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozen|hundred|thousand|million|billion|trillion"
)
TIME_UNITS = "seconds?|minutes?|hours?|days?|nights?|weeks?|months?|seasons?|years?|decades?|century|centuries"
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
SHORT_WEEKDAYS = "mon|tue|wed|thu|fri|sat|sun"
SHORT_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
SCALES = "hundred|thousand|million|billion|trillion|dozen|[mb]n"
UNITS = (
    "%|‰|[Pp]er ?cent|percentage points?|points?|° ?[CF]?|degrees?(?: Celsius| Fahrenheit)?|km/h|mph|kph|k?m[²³]?|"
    "[cm]m|[km]?g|lb|[kMGT]W|[kMG]Wh|[kMGT]B|knots?|(?:square |cubic |nautical )?(?:kilo|centi|milli)?met(?:re|er)s?|"
    "(?:square |nautical )?miles?|(?:square |cubic )?(?:feet|foot|inch|inches|yards?)|ft|acres?|hectares?|tonnes?|"
    "tons?|(?:kilo)?grams?|kilos?|pounds?|ounces?|(?:milli)?lit(?:re|er)s?|gallons?|barrels?|volts?|(?:kilo|mega)?watts?|"
    "dollars?|cents?|euros?|pence|yen|yuan|crowns?|francs?|rubles?|roubles?|rupees?|tenge|pesos?|(?:US|C|A)?[$£€]|"
    f"(?:{TIME_UNITS})(?: (?:old|ago))?"
)
STREETS = (
    "Street|St|Road|Rd|Lane|Avenue|Ave|Drive|Square|Place|Terrace|Boulevard|Blvd|Court|Close|Way|Quay|Row|Hill|Parade"
)

NEGATIONS = frozenset({"no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "t", "cannot"})
# Words of a question that is itself put in the negative.
NEGATIVES = (
    NEGATIONS
    | frozenset(word for word in AUXILIARIES if word.endswith("nt"))
    | word_set("""
        fail fails failed lack lacks lacked unknown unable refuse refuses refused deny denies denied trouble except
        besides unlike less fewer avoid avoids avoided prevent prevents prevented
    """)
)
PAST_AUXILIARIES = word_set("did was were had")
# Words of a question that asks for what is uncertain.
UNCERTAIN = word_set("""
    can could may might possible possibly possibility likely expect expects expected hope hopes hoped
""")
PARTS_OF_DATES = word_set("year years month day weekday time decade century")  # "what year"
ENDS_OF_RANGES = word_set("begin began start started starts end ended ends finish finished stop stopped")
# Stems, as keyword search makes them, that say nothing about what a text answers.
STOP_STEMS = word_set("""
    a about all an and ani are at be becaus been by can could did do doe done dure for from given had has have he hello
    her hey hi him his how i if in into is it its kind know made make mani may me might much must my name of on or our
    pleas s said say she should so t tell than thank that the their them there these they this those to type us use was
    we were what when where which who whom whose whi will with would you your
""")

# Words that are no part of a name though a sentence may begin with them.
NO_NAMES = STOP_STEMS | FUNCTION_WORDS | PREPOSITIONS | CLAUSE_SUBJECTS | CONJUNCTIONS

# Words before which a verb form is a noun or an adjective.
NOUN_MARKERS = word_set("""
    the a an this that these those my your whose his her its our their no some any each every of in on at by for
    from with to into about and or new first last
""")
# Common verbs: base forms, irregular past forms.
_VERB_BASES = word_set("""
    accept accuse achieve act add admit affect agree aim allow announce answer appeal appear apply approve argue
    arrest arrive ask attack attempt attend avoid ban battle beat become begin believe belong bid block boost break
    bring build burn buy call carry cause celebrate change charge check choose claim clash clear close collapse
    collect come compete complete concern condemn confirm connect consider contain continue control cost count cover
    create cross cut damage deal decide declare decline defeat defend demand deny depend describe deserve destroy
    detain develop die differ discover discuss draw drive drop earn eat elect end enjoy ensure enter escape exist
    expand expect explain explode face fail fall fear feature feel fight fill find finish fire fit flee fly focus
    follow force form free gain gather get give go grant grow guide happen hate head hear help hide hit hold hope
    host hurt identify ignore improve include increase inform injure insist intend introduce invest investigate
    invite involve join judge jump keep kill know lack land last laugh launch lay lead learn leave lend let lie lift
    limit link list listen live look lose love make manage mark matter mean measure meet mention miss move need note
    notice obtain occur offer open operate oppose order organise organize owe own pass pay perform plan play point
    prefer prepare present prevent produce promise promote propose protect protest prove provide publish pull push
    put raise reach read rebuild receive recognise recognize recommend recover reduce refer reflect refuse reject
    relate release remain remember remove reopen repair repeat replace reply report represent request require rescue
    resign respond rest restore result resume return reveal ride ring rise rule run save say score search see seek
    seem sell send serve set settle shake share shine shoot show shut sign sing sink sit sleep slow sound speak
    spend spread stage stand star start state stay steal step stop stretch strike struggle study submit succeed
    suffer suggest support suppose surprise survive suspect suspend swim take talk teach tell tend test thank think
    threaten throw tour train travel treat trust try turn understand unite urge use value vary view visit vote vow
    wait wake walk want warn wash watch wear welcome win wish withdraw wonder work worry write yield
""")
_IRREGULAR_PASTS = word_set("""
    ate bade beat became began bent bet bit bled blew bore born bought bound bred broke brought built burnt burst
    came caught chose clung cost crept cut dealt drank drew drove dug fed fell felt fled flew fled forbade forgot
    forgave fought found froze gave gone got grew ground held hid hit hung hurt kept knew laid lay learnt led left
    lent let lit lost made meant met overtook paid put quit ran rang read rebuilt rode rose sank sang sat saw set
    shook shone shot showed shrank shut slept slid sold sought spent spoke spread sprang spun stole stood strode
    struck stuck sung sunk swam swept swore swung taken taught thought threw told took tore torn understood
    undertook upheld went wept withdrew woke won wore worn wound wrote written known said shown seen given done
    grown held driven risen fallen broken beaten chosen
""")
NOT_PAST_FORMS = word_set("hundred sacred naked need seed speed feed breed weed deed indeed shed sled")  # end with "ed"
VERBS = _VERB_BASES | _IRREGULAR_PASTS
VERBS |= frozenset(
    f"{base[:-1]}ies"
    if base.endswith("y") and base[-2] not in "aeiou"
    else f"{base}es"
    if base.endswith(("s", "sh", "ch", "x", "z", "o"))
    else f"{base}s"
    for base in _VERB_BASES
)
