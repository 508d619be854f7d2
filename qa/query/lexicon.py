"""The English words that the query rules go by: question words, verbs, nouns by what they ask for, stop words."""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


# Forms of be, do, have, and modal verbs.
AUXILIARIES = word_set("""
    is are was were am be been do does did done has have had can could will would shall should may might must isnt arent
    wasnt werent dont doesnt didnt hasnt havent hadnt cant couldnt wont wouldnt shouldnt cannot
""")
FORMS_OF_BE = word_set("is are was were am be been being")
PREPOSITIONS = word_set(
    "in on at to by for from with of since until till about during after before under into through within near"
)
DETERMINERS = word_set("the a an its his her their our that this")
POSSESSIVES = word_set("his her its their")
THIRD_PERSON_PRONOUNS = word_set("he she it they him them") | POSSESSIVES
# A clause goes on with one of these: in "the city in which he died", "which" asks nothing.
CLAUSE_SUBJECTS = word_set("the a an he she it they we you i his her its their this that these those there")
CONJUNCTIONS = word_set("and but so or then also")
SUBORDINATORS = word_set("until that because if when than to")
# A clause that begins with one of these belongs to the question after it: "If I cancel, how much do I get?"
LEADING_SUBORDINATORS = word_set(
    "if when whenever while after before because although though since as once until unless given"
)
CONDITIONALS = word_set("if unless provided")  # of a question that states a condition itself
ASKERS = word_set("i im ive id ill we weve wed my our")  # and "we'll", which looks like "well" without its mark
ADJECTIVES = word_set("""
    exact full total first last final main real current official average next new present maximum minimum usual normal
    annual yearly monthly weekly daily
""")

# How words that begin a question are often misspelt, and those that follow "how".
MISSPELT_QUESTION_WORDS = {
    "who": "whoo woh hwo",
    "whose": "whoes whoose",
    "when": "wen wehn hwen whn whne whenn",
    "where": "wher hwere whre wheer whear wehre were",
    "which": "wich whcih whitch wihch hwich whihc whic witch",
    "what": "wat waht whta whast hwat wht whatt wath wut",
    "why": "y hwy wyh whyy",
    "how": "hw ho hou hoow howw",
}
MISSPELT_QUANTITIES = {
    "many": "meny menny mny mani maany",
    "much": "mutch muhc",
    "often": "offen ofen oftne",
    "long": "lnog",
}
# Question words by question type, with common misspellings.
QUESTION_WORDS = {
    "who": f"who whos whom whose whod wholl whove {MISSPELT_QUESTION_WORDS['who']} {MISSPELT_QUESTION_WORDS['whose']}",
    "when": f"when whens whend {MISSPELT_QUESTION_WORDS['when']}",
    "where": f"where wheres whered {MISSPELT_QUESTION_WORDS['where']}",
    "which": f"which whichs {MISSPELT_QUESTION_WORDS['which']}",
    "what": f"what whats whatd whatre whatll {MISSPELT_QUESTION_WORDS['what']} wats wahts",
    "why": f"why whys whyd {MISSPELT_QUESTION_WORDS['why']}",
    "how": f"how hows howd {MISSPELT_QUESTION_WORDS['how']}",
}
# Names and ordinary words too: question words only where an auxiliary or a quantity follows.
AMBIGUOUS_QUESTION_WORDS = word_set("y wen wat witch were ho hw hou wut")
# What follows "how", by question type.
QUANTITIES = {
    "how long": f"long longer {MISSPELT_QUANTITIES['long']}",
    "when": "soon early late recently",
    "why": "come",
    "how many": f"""
        {MISSPELT_QUANTITIES["many"]} {MISSPELT_QUANTITIES["much"]} {MISSPELT_QUANTITIES["often"]}
        many much few little old far often frequently tall high
        large big wide deep fast heavy hot cold expensive quickly strong thick populous distant rich
    """,
}
MEASURES = word_set(
    "old far tall high wide deep thick heavy hot cold fast big large small difficult hard easy"
)  # after "how": a table names these
JOINED_QUANTITIES = {"how many": "howmany howmuch howold howfar howoften", "how long": "howlong", "why": "howcome"}
TIME_NOUNS = word_set("year years date day days month century decade time season week weekday hour")
NUMBER_NOUNS = word_set("number percentage percent amount population proportion share total quantity")
PLACE_NOUNS = word_set("place city town country state region village area street building continent location room")
REASON_NOUNS = word_set("reason reasons purpose motive")
# Head nouns of a phrase that asks without a question word: "the date the withdrawal finishes".
HEAD_NOUNS = {
    "when": "date day year month time century deadline birthday",
    "where": "place location address whereabouts birthplace",
    "how many": """
        number percentage amount population cost price age height length size weight proportion total fee fare fine
        salary wage budget turnover revenue rent depth width speed distance temperature
    """,
    "how long": "duration",
    "why": "reason reasons cause causes purpose motive",
    "who": "person people man woman author inventor founder winner leader president king queen director",
    "how": "way method",
    "what": "name names title meaning definition",
}
# Last nouns of keywords that ask for a value: "campsite adult price", "fuel berth end date".
VALUE_NOUNS = {
    "when": "date dates deadline birthday birthdate time times hours timetable season",
    "how many": """
        price prices cost costs fee fees fare fares salary wage budget funding turnover revenue height weight width
        depth length size area speed distance capacity population temperature number percentage amount total age rate
    """,
    "why": "cause causes",
    "how long": "duration interval lifespan",
    "where": "address location whereabouts birthplace venue",
    "who": "winner winners author inventor founder owner director designer architect composer sponsor",
    "what": "phone telephone email website name nickname password",
}
# Of these, others than the last words of keywords may ask, too: "monthly pass price Velmar"; not before these words.
PRICE_NOUNS = word_set("price prices cost costs fare fares fee fees")
AFTER_PRICE_NOUNS = word_set("""
    rise rises increase increases hike hikes cut cuts cutting war wars index level levels tag tags cap caps list lists
    control controls comparison dodging dodger dodgers fixing shock crisis inflation overrun overruns change changes
""")
# "Opening time" is a time, "cooking time" a duration.
MOMENTS = word_set("opening closing starting ending sailing landing meeting evening morning boarding")
# With one of these before it, "number" asks for digits that identify, not for a count: "phone number".
NUMBERED = word_set("phone telephone mobile fax house model serial account room")
SOME = word_set("one two both example examples")  # of a question for some of several things
PLURALS = word_set("people men women children species staff police")  # that don't end with "s"
SINGULARS = word_set("gas news series means lens canvas atlas bias headquarters measles diabetes")  # that end with "s"
FOREIGN_QUESTION_WORDS = word_set("""
    wann warum wieso wer wie wo welche welcher welches wieviel wieviele quand qui que quoi où pourquoi combien quel
    quelle quels quelles cuándo cuando dónde donde quién quien cómo como qué cuál cuánto cuántos quando perché
    quanto quanti quem onde quantos waar wanneer waarom
""")
FOREIGN_FUNCTION_WORDS = word_set(
    "der das und ist nicht ein eine von les est une dans des du los las una del el il della di het een que"
)
FUNCTION_WORDS = word_set("the a an of and in to for on at with by from is are was were it this that as")

# A letter of any alphabet that has capitals, as a part of regular expressions.
CAPITAL = f"[{''.join(filter(str.isupper, map(chr, range(0x2000))))}]"
# Alternatives of regular expressions.
NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozen|hundred|thousand|million|billion|trillion"
)
TIME_UNITS = "seconds?|minutes?|hours?|days?|nights?|weeks?|months?|seasons?|years?|decades?|century|centuries"
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
CALENDAR_NAMES = frozenset(f"{MONTHS}|{WEEKDAYS}".split("|"))
SEASONS = word_set("spring summer autumn winter")
SHORT_WEEKDAYS = "mon|tue|wed|thu|fri|sat|sun"
SHORT_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
CURRENCIES = (
    "dollars?|cents?|euros?|pounds?|pence|yen|yuan|crowns?|francs?|rubles?|roubles?|rupees?|tenge|pesos?|"
    "EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|JPY|kr|(?:US|C|A)?[$£€]"
)
SCALES = "hundred|thousand|million|billion|trillion|dozen|[mb]n"
UNITS = (
    "%|‰|[Pp]er ?cent|percentage points?|points?|° ?[CF]?|degrees?(?: Celsius| Fahrenheit)?|km/h|mph|kph|k?m[²³]?|"
    "[cm]m|[km]?g|lb|[kMGT]W|[kMG]Wh|[kMGT]B|knots?|(?:square |cubic |nautical )?(?:kilo|centi|milli)?met(?:re|er)s?|"
    "(?:square |nautical )?miles?|(?:square |cubic )?(?:feet|foot|inch|inches|yards?)|ft|acres?|hectares?|tonnes?|"
    "tons?|(?:kilo)?grams?|kilos?|pounds?|ounces?|(?:milli)?lit(?:re|er)s?|gallons?|barrels?|volts?|(?:kilo|mega)?watts?|"
    f"{CURRENCIES}|(?:{TIME_UNITS})(?: (?:old|ago))?"
)
STREETS = (
    "Street|St|Road|Rd|Lane|Avenue|Ave|Drive|Square|Place|Terrace|Boulevard|Blvd|Court|Close|Way|Quay|Row|Hill|Parade"
)

# What tells a report from a statement, as alternatives of regular expressions.
REPORTING_VERBS = (
    "say|says|said|tells|told|claims|claimed|denies|denied|deny|insists|insisted|suspects|suspected|believes|"
    "believed|believe|think|thinks|argue|insist|suspect|expect|predict|alleges|alleged|argues|argued|warns|warned|"
    "objects|objected|accuses|accused|suggests|suggested|complains|complained|predicts|predicted|"
    "estimates|estimated(?! at)|expects|expected|hopes|hoped|demands|demanded|urges|urged|hope|"
    "propose|proposes|proposed|recommends|recommended|called for|calls for|call for|asked that|asked for|"
    "rumoured|rumored|(?:plan|plans|planned|intend|intends|intended|want|wants|wanted|threatens|threatened|"
    "promises|promised|vows|vowed) to|"
    "(?:added|adds|notes|noted|reports|reported|stated|states|explained|maintains|maintained|feared|fears)(?= that)"
)
REPORTING_NOUNS = word_set("hope hopes suspect suspects claims estimates demands objects")  # nouns as often as verbs
SAYING = (
    "say|says|said|tell|think|thinks|claim|claims|deny|denies|denied|argue|argues|insist|insists|predict|predicts|suggest|"
    "suggests|accuse|accuses|accused|warn|warns|objection|complaint|opinion|view"
)
HEARSAY = (
    "(?:is|are|was|were|been) (?:accused of|said to|believed to|thought to|expected to|rumou?red to|reported to|"
    "alleged to|estimated to|suspected of)|reportedly|allegedly|supposedly|alleged|rumou?rs?"
)
UNREALIZED_REPORTS = (
    "den(?:y|ies|ied)|claim(?:s|ed)|alleg(?:es|ed)|expect(?:s|ed)|hope[sd]?|demand(?:s|ed)|urge[sd]|propose[sd]|"
    "recommend(?:s|ed)|call(?:s|ed)? (?:for|on)|ask(?:s|ed) (?:that|for|to)|(?:plan(?:s|ned)|intend(?:s|ed)|"
    "want(?:s|ed)|threaten(?:s|ed)|promise[sd]|vow(?:s|ed)) to|rumou?r(?:s|ed)?|accuse[sd]|predict(?:s|ed)|"
    "suggest(?:s|ed)|suspect(?:s|ed)|fear(?:s|ed)"
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
# Words before "from ... to ..." for what is a range, not a change.
RANGE_VERBS = FORMS_OF_BE | word_set("""
    anything anywhere range ranges ranged ranging vary varies varied varying cost costs costing charge charges charged
    take takes took last lasts lasted weigh weighs weighed priced measure measures measured hold holds held aged pay
    pays paid
""")
PARTS_OF_DATES = word_set("year years month day weekday time decade century")  # "what year"
ENDS_OF_RANGES = word_set(
    "begin began begins start started starts end ended ends finish finished stop stopped opens close closes"
)
# Stems, as keyword search makes them, that say nothing about what a text answers.
STOP_STEMS = word_set("""
    a about all an and ani are at be becaus been by can could did do doe done dure for from given had has have he hello
    her hey hi him his how i if in into is it its kind know made make mani may me might much must my name of on or our
    pleas s said say she should so t tell than thank that the their them there these they this those to type us use was
    we were what when where which who whom whose whi will with would you your
""")

# What a question states, beside its names and numbers.
ROLE_NOUNS = word_set("""
    mayor president chairman chairwoman chair director manager minister secretary treasurer governor king queen prince
    princess emperor pope bishop founder owner inventor author writer designer architect builder captain coach editor
    head leader judge chief ceo commander curator conductor composer producer engineer spokesman spokeswoman
    spokesperson premier chancellor senator ambassador principal dean headteacher landlord tenant buyer seller winner
    husband wife son daughter father mother brother sister uncle aunt nephew niece grandfather grandmother widow
    deputy successor predecessor candidate opponent rival sponsor translator illustrator photographer lawyer doctor
    nurse teacher keeper pilot driver skipper cox champion former
""")
# The verbs of what somebody in a role does, such that nobody else does it to the same thing.
ROLE_VERBS = {
    role: word_set(verbs)
    for role, verbs in {
        "captain": "command commands commanded skippers skippered",
        "skipper": "command commands commanded skippers skippered",
        "commander": "command commands commanded",
        "leader": "leads led heads headed",
        "head": "leads led heads headed runs ran run directs directed",
        "chief": "leads led heads headed",
        "director": "directs directed runs ran run leads led heads headed",
        "manager": "manages managed runs ran run",
        "chair": "chairs chaired",
        "chairman": "chairs chaired",
        "chairwoman": "chairs chaired",
        "principal": "leads led heads headed runs ran run",
        "headteacher": "leads led heads headed runs ran run",
        "founder": "founded",
        "owner": "owns owned",
        "author": "wrote written writes",
        "writer": "wrote written writes",
        "inventor": "invented",
        "editor": "edits edited",
        "designer": "designed designs",
        "architect": "designed designs",
        "builder": "built builds",
        "composer": "composed composes",
        "producer": "produced produces",
        "conductor": "conducts conducted",
        "coach": "coaches coached trains trained",
        "teacher": "teaches taught",
        "curator": "curates curated",
        "translator": "translated translates",
        "illustrator": "illustrated illustrates",
        "photographer": "photographed photographs",
        "driver": "drives drove driven",
        "pilot": "flies flew flown piloted pilots",
        "winner": "won wins",
        "tenant": "rents rented",
        "buyer": "bought buys",
        "seller": "sold sells",
        "sponsor": "sponsors sponsored",
    }.items()
}
RACES = word_set(
    "marathon race relay mile miles sprint hurdles course distance metres"
)  # who runs one does not direct it
# Roles that somebody has for what was done once: "who is the founder" may be answered by "founded by".
LASTING_ROLES = word_set("""
    founder author writer inventor designer architect builder composer producer translator illustrator photographer
    winner buyer seller
""")
NO_SUPERLATIVES = word_set("""
    best west guest test rest quest harvest protest request forest arrest interest contest invest suggest priest honest
    modest east northwest southwest northeast southeast chest nest vest pest digest manifest conquest latest crest
    behest zest unrest inquest tempest
""")
PLACE_PREPOSITIONS = word_set("in at from near to on around outside inside towards across")
TIME_PREPOSITIONS = word_set("in of last next since until till by during before after")
# Words of names that many names share: "New Zealand" and "South Korea" are told by the other word.
SHARED_NAME_WORDS = word_set("""
    new north south east west northern southern eastern western central great greater little upper lower saint st san
    old united royal national first mount lake river port fort city county university college school bank
""")
NAME_ENDINGS = word_set("s n an ian ean ese ish i y stan er ers ic a")  # between a name and its adjective
# A line has words for the same.
ALIASES = """
    france french|spain spanish|netherlands dutch holland|switzerland swiss|denmark danish danes|poland polish poles
    finland finnish finns|sweden swedish swedes|turkey turkish türkiye turks|wales welsh|ireland irish
    scotland scottish scots|greece greek greeks|norway norwegian|portugal portuguese|philippines filipino
    thailand thai|iceland icelandic|china chinese|britain british uk kingdom|us usa america american states
    un nations|england english|germany german|peru peruvian|europe european eu|brazil brazilian|cyprus cypriot
"""

# Words before which a verb form is a noun or an adjective.
NOUN_MARKERS = word_set("""
    the a an this that these those my your whose his her its our their no some any each every of in on at by for
    from with to into about and or new first last
""")
# Common verbs: base forms, irregular past forms.
VERB_BASES = word_set("""
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
PAST_FORMS = word_set("""
    ate bade beat became began bent bet bit bled blew bore born bought bound bred broke brought built burnt burst
    came caught chose clung cost crept cut dealt drank drew drove dug fed fell felt fled flew forbade forgot
    forgave fought found froze gave gone got grew ground heard held hid hit hung hurt kept knew laid lay learnt led left
    lent let lit lost made meant met overtook paid put quit ran rang read rebuilt rode rose sank sang sat saw set
    shook shone shot showed shrank shut slept slid sold sought spent spoke spread sprang spun stole stood strode
    struck stuck sung sunk swam swept swore swung taken taught thought threw told took tore torn understood
    undertook upheld went wept withdrew woke won wore worn wound wrote written known said shown seen given done
    grown held driven risen fallen broken beaten chosen
""")
NOT_PAST_FORMS = word_set("hundred sacred naked need seed speed feed breed weed deed indeed shed sled")  # end with "ed"
VERBS = VERB_BASES | PAST_FORMS
VERBS |= frozenset(
    f"{base[:-1]}ies"
    if base.endswith("y") and base[-2] not in "aeiou"
    else f"{base}es"
    if base.endswith(("s", "sh", "ch", "x", "z", "o"))
    else f"{base}s"
    for base in VERB_BASES
)

# Pronouns that stand for somebody or something named elsewhere.
MALE_PRONOUNS = word_set("he him his himself")
FEMALE_PRONOUNS = word_set("she her hers herself")
PERSON_PRONOUNS = MALE_PRONOUNS | FEMALE_PRONOUNS
THING_PRONOUNS = word_set("it its itself")
SPEAKER_PRONOUNS = word_set("i me my myself we us our ourselves")
PLURAL_PRONOUNS = word_set("they them their theirs themselves")
PRONOUNS = PERSON_PRONOUNS | THING_PRONOUNS | SPEAKER_PRONOUNS | PLURAL_PRONOUNS
# Words that a definite description begins with.
DEFINITE_DETERMINERS = word_set("the this that these those his her its their our my")
# Titles before a name, such as "Captain Strand".
_MALE_TITLES = word_set(
    "mr sir lord king prince emperor duke count baron tsar czar sultan father brother monsieur herr pope"
)
_FEMALE_TITLES = word_set("mrs ms miss lady dame queen princess empress duchess countess baroness sister madame mother")
TITLES = word_set("""
    dr prof professor doctor captain commodore admiral general colonel major lieutenant sergeant corporal commander
    inspector constable superintendent sheriff detective officer judge justice president chancellor premier minister
    secretary senator representative congressman congresswoman governor mayor councillor councilor chairman chairwoman
    chief director bishop archbishop cardinal reverend rev saint imam rabbi sheikh ayatollah coach chef nurse uncle
    aunt ambassador commissioner marshal vice deputy former
""")
TITLES |= _MALE_TITLES | _FEMALE_TITLES
# Nouns of people. Others end with one of PERSON_SUFFIXES. Of nouns with "-er" and "-or", many name tools.
MALE_NOUNS = _MALE_TITLES | word_set("""
    man boy son husband uncle nephew grandfather grandson stepfather widower gentleman schoolmaster monk friar priest
    actor waiter host hero fisherman businessman chairman spokesman policeman fireman footballer congressman
""")
FEMALE_NOUNS = _FEMALE_TITLES | word_set("""
    woman girl daughter wife aunt niece grandmother granddaughter stepmother widow schoolmistress nun actress waitress
    hostess heroine businesswoman chairwoman spokeswoman policewoman congresswoman midwife
""")
PERSON_NOUNS = word_set("""
    master person child baby teenager adult friend neighbour neighbor colleague partner companion cousin parent spouse
    guest artist author poet architect engineer lawyer solicitor attorney student pupil apprentice teacher scholar
    expert scientist astronomer philosopher pioneer photographer oceanographer owner founder member boss head official
    spokesperson chair champion skipper coxswain cox pilot athlete goalkeeper midfielder striker defender umpire referee
    curator caretaker landlord tenant resident inhabitant villager farmer butcher potter blacksmith carpenter merchant
    vet physician surgeon patient victim suspect defendant prisoner convict soldier knight hermit prophet monarch heir
    ally rival opponent hacker reporter editor correspondent columnist presenter broadcaster singer drummer rapper
    vocalist composer conductor treasurer ceo coach trainer manager agent diplomat envoy candidate nominee politician
    legislator lawmaker mp peer donor benefactor patron sponsor inventor discoverer explorer sculptor painter
    playwright historian librarian comedian
""")
PERSON_NOUNS |= TITLES | MALE_NOUNS | FEMALE_NOUNS
# Others, which are family names too: never the last word of an office.
AGENT_NOUNS = word_set("""
    accuser adviser advisor attacker baker banker barber barrister bookkeeper cashier clerk cook gardener intern janitor
    mechanic shepherd trainee beginner believer breeder broker builder burglar buyer caller
    campaigner challenger choreographer claimant cleaner climber collector commuter contender creator critic
    customer cyclist dancer dealer defector demonstrator designer dissident diver drinker driver eater educator
    elector employee employer entrepreneur examiner executive fighter finder finisher follower forecaster genius
    giver governess grower gunner hairdresser helper herder hiker hitter informer interpreter interviewer
    investigator investor jeweller jockey joker juror keeper killer laborer labourer lawgiver learner lecturer lender
    lifeguard listener loser lover matron mediator murderer narrator navigator negotiator observer orator organiser
    organizer passenger performer persecutor plumber poacher preacher predecessor producer programmer promoter
    prosecutor protester protestor publisher racer recruiter refugee rescuer researcher rider robber rower ruler
    runner sailor savior saviour scorer seeker seller shooter shopkeeper signaller skater skier smuggler speaker
    spender spy steward stowaway successor supervisor supporter survivor swimmer taker teller thief thinker trader
    translator traveler traveller trespasser tutor user viewer visitor volunteer voter waiter warden wearer winner
    witness worker worshipper wrestler writer
""")
PERSON_SUFFIXES = "ist|ian|man|woman|maker|keeper|holder|builder|writer|mistress|master|person"
# They end with one of these, but name things.
NO_PERSON_NOUNS = word_set("""
    checklist shortlist playlist waist wrist twist median meridian obsidian talisman pacemaker typewriter cupholder
    candleholder placeholder ottoman
""")
# They end with "man", but say nothing of gender.
NO_MEN = word_set("human german roman norman ottoman oman talisman shaman caiman turkoman superhuman")
# Words that end a noun phrase: "the owner of the mill", "which firm that built boats".
AFTER_NOUN = PREPOSITIONS | word_set("who that which whose")
# Nouns that say no more than "who" or "which company".
VAGUE_NOUNS = word_set(
    "man woman men women person people individual firm company group organisation organization business body outfit"
)
# Nouns of organisations and groups, which also end the names of such.
ORGANISATION_NOUNS = word_set("""
    firm company corporation business group organisation organization association society agency authority board
    committee commission council ministry department office bureau institute institution university college school
    academy foundation trust charity union federation league club team squad crew band orchestra choir party
    government parliament congress senate court bank airline airlines
    newspaper magazine publisher studio studios label network channel station store shop chain brand retailer supplier
    manufacturer maker contractor operator developer carrier insurer lender church diocese hospital clinic museum
    gallery theatre theater laboratory army navy force forces regiment police brigade movement alliance coalition
    cooperative syndicate consortium startup start-up producer distributor
""")
# Words that only names of organisations end with.
ORGANISATION_NAME_NOUNS = word_set("""
    brothers sons ltd inc plc llc co corp gmbh ag marine survey foods works engineering systems technologies industries
    holdings partners media press times post news tribune herald courier gazette united athletic rovers motors pictures
    records entertainment front pharmaceuticals energy electric railway railways lines airways primary cafe café hotel
    inn restaurant pub
""")
# Nouns that end the names of places and other things.
PLACE_NAME_NOUNS = word_set("""
    street road lane avenue square bridge river lake sea ocean bay harbour harbor island islands mountain mount hill
    valley park beach point head county city town village district province state region kingdom empire palace castle
    cathedral abbey station airport quay pier street coast sound channel gulf peninsula peak tower hall house building
    war battle treaty act festival cup prize award revolution age century dynasty day week year
""")
# Common given names, without those that are places as well.
MALE_NAMES = word_set("""
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
    mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan
    jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander
    raymond patrick jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle walter ethan
    jeremy harold keith christian roger noah gerald carl terry sean arthur lawrence jesse dylan bryan joe bruce
    willie gabriel alan juan wayne roy ralph eugene louis philip bobby johnny bradley oliver liam simon martin
    ian graham neil stuart colin tom bill bob jim mike steve dave nick tony fred harry ben luke max leo oscar
    hugo felix ivan igor boris vladimir dmitry sergei mikhail nikolai pavel yuri pierre jean michel jacques
    francois antoine luc hans karl klaus jurgen wolfgang dieter stefan jan lars erik sven bjorn olaf carlos luis
    miguel pedro jorge fernando diego pablo rafael javier marco luca giovanni giuseppe antonio francesco paolo
    mario roberto ahmed mohammed muhammad mohamed ali hassan hussein omar ibrahim yusuf abdullah khalid mustafa
    mehmet raj amit sanjay rahul vikram arjun hiroshi kenji takashi kofi kwame
""")
FEMALE_NAMES = word_set("""
    mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra
    ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura
    cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra
    rachel carolyn janet catherine maria heather diane ruth julie olivia joyce victoria kelly lauren christina
    joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa ann sara frances kathryn
    janice jean abigail alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella diana
    natalie brittany marie kayla alexis lori claire fiona jane kate lucy chloe sophie eleanor rose ella mia zoe
    eva clara ida nora ingrid astrid greta olga natalia svetlana irina tatiana elena ekaterina yulia ursula
    monika petra sabine claudia francoise isabelle sylvie camille carmen lucia rosa ana isabel sofia giulia
    francesca chiara aisha fatima zainab khadija leila amina priya anjali sunita yuko keiko ama
""")
LOCATIVE_PREPOSITIONS = word_set("in at near off outside across around through throughout toward towards into inside")
SPEECH_VERBS = word_set("""
    said says say added adds told tells asked asks replied explained explains admitted insisted insists warned warns
    wrote writes recalled recalls argued argues stated announced answered believes thinks thought
""")
# Words that begin a sentence with a capital and are no name; with the other function words.
SENTENCE_STARTERS = word_set("""
    a an the this that these those it he she they we you i his her its their our your my one two three four five six
    seven eight nine ten some many most several few all both each every no none nobody everyone everybody somebody
    someone anyone another other others such there here what when where which who whom whose why how if although though
    because since while whereas unless until after before during once as at by for from in into of on onto over under
    to with within without against among between through throughout upon despite and but or nor so yet also then thus
    therefore however moreover furthermore meanwhile later earlier today yesterday tomorrow now soon recently finally
    eventually initially originally instead perhaps maybe not only even just still again back please thank thanks yes
    not never always often sometimes usually according like unlike following having being had has have is are was were
    will would can could may might must shall should do does did let asked said next last first second third new old
    half early late more less than about above below beyond along both either neither whether
""")
# Some of them begin names too: "New York", "Will Smith".
NAME_STARTERS = word_set("new old first second third one two three will")
# Words with a capital beside a name that are no part of it: "Although Putin", "Inside Paris".
NOT_IN_NAMES = SENTENCE_STARTERS | PREPOSITIONS | LOCATIVE_PREPOSITIONS | CLAUSE_SUBJECTS | CONJUNCTIONS | AUXILIARIES
ADVERB_SUFFIXES = "ingly|edly|ously|tely|ntly|ually|onally|fully|ively|ickly"
MONTHS_IN_NAMES = word_set("april may june august")  # "Theresa May"
BEFORE_MONTHS = word_set("in since until till during from last next this early late mid")
# Before a day or month in a name: "Good Friday", "the October Revolution".
HOLIDAYS = word_set("the good shrove ash easter palm black bloody boxing cyber whit super")
# Inside a name: "Vincent van Gogh", also two of them: "Ana de la Cruz".
NAME_PARTICLES = word_set("""
    of de del della der den des di da das dos du la las le los van von zu af bin ibn ter al el y
""")
NAME_LINKS = NAME_PARTICLES | {"the", "&"}  # "Simon the Tall", "Brack & Sons"
NAME_ABBREVIATIONS = word_set("dr mr mrs ms st prof rev jr")
HONORIFICS = NAME_ABBREVIATIONS - {"st", "jr"} | word_set("miss professor sir dame lord lady")
APPOSITION_STARTS = word_set("a an the his her its their our my one")
# Offices and institutions that are mostly spoken of in general: "the emperor was the supreme judge".
GENERIC_OFFICES = word_set("""
    king queen emperor empress prince princess president pope bishop minister governor mayor government council court
    parliament congress senate police army navy force school university church board committee commission judge
    chancellor sultan monarch ruler chief head party union office department
""")

# A line has words that name the same in the header of a table and in a question about it.
RELATED_IN_TABLES = """
    cost costs price prices fare fee charge rate pay paid much expensive
    arrive arrives arrival get reach reaches
    leave leaves departure departs depart
    start starts begin begins departure
    cook cooks cooked chef
    wait waits waiting ready
    begin begins start starts
    open opens opening opened
    close closes closing closed shut shuts
    weigh weighs weight heavy
    tall height high
    long length duration last lasts
    wide width
    deep depth
    old age aged
    big large size area
    far distance
    fast speed
    often frequency interval every
    bus line route service
    tram line route service
    train line route service
    metre meter
    litre liter
    kilo kilogram kg
    long duration minutes
    long duration hours
    long duration days
    long duration weeks
    long duration months
    long duration years
    far distance km
    far distance kilometres
    far distance miles
    heavy weigh weight kg
    heavy weigh weight grams
    tall high height metres
    price cost much pay euros
    price cost much pay eur
    price cost much pay pounds
    price cost much pay dollars
    price cost much pay usd
    people population inhabitants live lives
    born birth
    die died death
    teach teaches teacher tutor taught
    release released launched out
    remedy fix solution action cure do
    cause reason why
    mean means meaning
    run runs runner
    play plays player
    come came place rank position finish finished
    hot cold temperature
    maker made manufacturer
    return returned back due
"""
IRREGULAR_VERBS = """
    begin began begun|bind bound|break broke broken|bring brought|build built|buy bought|catch caught
    choose chose chosen|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|feed fed|find found
    fly flew flown|give gave given|grow grew grown|hold held|keep kept|lay laid|lend lent|lose lost|meet met
    ride rode ridden|sell sold|send sent|show showed shown|sing sang sung|sow sowed sown|speak spoke spoken|spend spent
    steal stole stolen|sweep swept|take took taken|wear wore worn|weave wove woven|win won|write wrote written
"""
# Questions that name a column in other words, as patterns of the whole question, and what such columns are called. The
# group `own` are words that belong to the phrase.
COLUMN_PHRASES = {
    r"what (?:is|are|was|were|can) (?!the (?:price|cost|fee)\b).+? (?:(?P<own>meant|intended|good) |used )?for": (
        "use uses used purpose function for application"
    ),
    r"what (?:do|does|did|can|should|would) .+ uses? .+ for": "use uses used purpose function for application",
    r"what (?:is|are) the (?P<own>use|purpose|function) of .+": "use uses used purpose function for application",
    r"what (?:do|does|did) .+ (?P<own>run|go|work) on": "fuel power energy drive engine",
    r"what (?:is|are|was|were) .+ (?P<own>powered|fuelled|driven) (?:by|with)": "fuel power energy drive engine",
    r"what (?:is|are|was|were) .+ (?:made|(?P<own>built|woven|carved)) (?:of|from|out of)": "material materials made",
}
# "By what year", "until when": what such columns are called; "year" names none.
LIMIT_PHRASE = r"(?:.* )?(?:by|until|till|before) (?:(?:what|which) (?P<own>\w+)|when)\b.*"
LIMIT_COLUMNS = "until till by before deadline due expiry expires limit"
# The head noun of a name stands before one of these: "car" of "car up to 4 metres".
AFTER_HEAD = PREPOSITIONS | word_set("per up and or a when than that which who")
# None of them is another: a table of buses tells nothing of trams.
# Names of columns of people, and of columns that say where something is, besides nouns of people and of places.
PEOPLE_COLUMNS = word_set("name names by who contact person")
PLACE_COLUMNS = word_set("where venue address location office desk floor platform stop track gate site destination")
# Words that say no more than "when", "where" and "how long" do: "where is pottery held".
LIGHT_WORDS = word_set(
    "came come long held hold holds take takes taking place located situated found happen happens happening sit sits"
)
# Columns of sentences on what a row means, as in tables of settings.
DESCRIPTION_COLUMNS = word_set("meaning description explanation")
ORIGIN_WORDS = word_set("made make from")  # "where is it made" asks for no room that it is in
TRANSPORT = word_set("bus tram train metro underground")
# The names of units in groups that mean the same, by what they measure.
UNITS_BY_DIMENSION = {
    "length": """
        mm millimetre millimetres millimeter millimeters|cm centimetre centimetres centimeter centimeters
        m metre metres meter meters|km kilometre kilometres kilometer kilometers|mi mile miles|yd yard yards
        ft foot feet|inch inches
    """,
    "weight": """
        g gram grams|kg kilo kilos kilogram kilograms|t ton tons tonne tonnes|lb lbs pound pounds|oz ounce ounces
    """,
    "volume": "ml millilitre millilitres milliliter milliliters|l litre litres liter liters|pint pints|gallon gallons",
    "money": """
        € eur euro euros|£ gbp pound pounds|$ usd dollar dollars|kr sek nok dkk czk crown crowns|chf franc francs
        ¥ jpy yen|pln zloty zlotys|cent cents|pence penny
    """,
    "time": """
        sec seconds|min mins minute minutes|h hr hrs hour hours|day days|week weeks|month months|year years|night nights
    """,
}
# How units are written in tables, as patterns of regular expressions, and what they are called.
UNIT_SYMBOLS = {
    r"m[²2]|sq\.? ?m|sqm": "square metre",
    r"km[²2]|sq\.? ?km": "square kilometre",
    r"m[³3]|cu\.? ?m": "cubic metre",
    r"km": "kilometre",
    r"°C": "degrees Celsius",
}
# A name with one of these before it is another name: "Fenn School" is not "Upper Fenn School".
QUALIFYING_DIRECTIONS = word_set("upper lower little great north south east west northern southern eastern western")
SUBSET_WORDS = word_set("with without including having")  # of the header of a column that counts some of another's
GROUPS_OF_PEOPLE = word_set("club team party company country school firm organisation organization city town employer")
RANKS = word_set("place rank position pos no nr standing finish")
ORDINALS = {
    word: str(number)
    for number, words in enumerate(
        """
        first 1st|second 2nd|third 3rd|fourth 4th|fifth 5th|sixth 6th|seventh 7th|eighth 8th|ninth 9th|tenth 10th
        """.strip().split("|"),
        start=1,
    )
    for word in words.split()
}

# A question about the page itself has one of each: "Who wrote the article?", "When was this report updated?"
PAGE_NAMES = word_set("article story page post blog this it manual guide handbook leaflet brochure booklet document")
PAGE_WORDS = word_set("""
    wrote write written writes author authors writer reporter journalist byline published publish publication posted
    updated update modified edited editor translated illustrated photo photos photograph photographer picture pictures
    image images caption credit copyright source read
""")
# Words with a capital at the beginning of a question that are no names.
NO_FIRST_NAMES = (
    AUXILIARIES
    | FUNCTION_WORDS
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | VERBS
    | CLAUSE_SUBJECTS
    | word_set(" ".join(QUESTION_WORDS.values()))
)
# Words that end the phrase of what is counted: "how many boats did".
NO_COUNTED_NOUNS = AUXILIARIES | PREPOSITIONS | VERBS | CLAUSE_SUBJECTS
# After "how much" or "how many", these name nothing that the answer repeats: "How much money?" is "900 crowns".
UNNAMED_AMOUNTS = word_set("money cash time longer more less")
# Words for people of any kind. Where protesters are asked for, "17 people" may be the number of them.
ANYBODY = word_set("people persons individuals men women children adults others")

# Parts of a text that are numbered: a passage of chapter 3 may speak of chapter 2.
NUMBERED_PARTS = word_set("""
    chapter article section rule page room part paragraph table figure appendix step clause year week day class level
    grade line version point no number unit lesson act volume
""")
# Yes/no questions: subjects that say nothing of the thing that is asked about.
SUBJECTS = word_set("i we you they he she it one anyone anybody someone somebody people guests visitors")
PERMISSIONS = word_set("""
    allowed able permitted ok okay possible safe necessary supposed advised obliged required free welcome
    legal forbidden
""")
MEANS_PREPOSITIONS = word_set("with by using")
# Words before a noun, and after one, that are no part of it.
BEFORE_OBJECT = DETERMINERS | word_set("""
    my your any some also still just really even only ever always more other another all these those not
""")
AFTER_OBJECT = word_set("""
    as on off up down out back away there here instead too yet anymore or without of per outside inside beside beyond
    over around onto together apart anything something everything it them him her me us myself himself
""")
# Nouns for all things of a kind: "Pets are welcome" holds for dogs, too.
ALL_OF_A_KIND = word_set("pet pets animal animals vehicle vehicles food foods drink drinks thing things item items")
GENERAL_NOUNS = ALL_OF_A_KIND | word_set("stuff clothes clothing equipment kit snack snacks")
# A line has words for the same thing.
SAME_THINGS = """
    bike bicycle cycle|tv television telly|fridge refrigerator|phone telephone mobile|cheque check|toilet loo lavatory
    lift elevator|flat apartment|holiday vacation|photo photograph picture|exam examination test|wifi internet
    car automobile|lorry truck|movie film|luggage baggage|rubbish trash garbage|sofa couch|sweets candy|money cash
    doctor gp|pram buggy pushchair stroller|jumper sweater|trousers pants|petrol gas gasoline|autumn fall|shop store
    pc computer laptop|invoice bill|parcel package|pharmacy chemist|underground subway metro tube|fee charge
"""
ADVERBS = word_set(
    "beforehand afterwards online upfront early late later earlier alone overnight indoors outdoors abroad"
)
AMOUNT_NOUNS = word_set("lot lots bit kind kinds sort sorts type types pair piece pieces number amount")  # "of sun"
PEOPLE_NOUNS = ANYBODY | word_set("kid kids child children guest guests visitor visitors person adult")

# Words after "her" where it stands for a person: "he taught her to sail".
AFTER_OBJECT_PRONOUN = word_set("""
    to in on at by for with from as and a an the into out up off that when while after before until about of
""")
# Relatives, those for the same on a line.
KINSHIP = """
    husband wife spouse partner married|widow widower husband wife|son daughter child children kids sons daughters
    brother sister sibling siblings twin brothers sisters half-brother half-sister stepbrother stepsister
    father mother parent parents dad mum mom mam papa mama stepfather stepmother|stepson stepdaughter
    grandfather grandmother grandparents grandad grandma granny grandpa|grandson granddaughter grandchildren
    uncle aunt auntie|nephew niece|cousin cousins|father-in-law mother-in-law parents-in-law|son-in-law daughter-in-law
    brother-in-law sister-in-law|fiancé fiancée fiance fiancee
"""
RELATIVES = word_set("family relative relatives relation relations household")  # any of these
# Names and their short forms that do not begin alike.
NICKNAMES = """
    robert bob bobby rob|william bill billy will|richard dick rick|james jim jimmy|john jack johnny|edward ted ned
    margaret peggy meg maggie greta|elizabeth betty liz lizzie beth elsa|henry harry hal|charles chuck charlie
    catherine katherine kate katie kitty|anthony tony|michael mike mick|thomas tom tommy|mary molly polly|sarah sally
    dorothy dolly dot|helen nell nellie|eleanor nell nellie|anne ann nan nancy|joseph joe|george geordie
    alexander alex sandy sasha|frances fanny|francis frank|lawrence larry|patrick paddy|theodore ted
"""
