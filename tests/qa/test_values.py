import pytest

from qa.values import Value, ValueKind, number_spans


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("four thousand", "4,000 people"),
        ("nearly 4.2 million", "4,198,000"),
        ("4.2 million people", "4,198,000"),
        ("€2.7bn", "2.7 billion euros"),
        ("Twenty-nine", "29 people"),
        ("about 900", "930 villagers"),
        ("nobody", "no one"),
        ("Dr Amina Sall", "Ms Sall"),
        ("the health minister, Amina Sall", "Amina Sall"),
        ("19 January", "January 19"),
        ("on Monday", "next Monday"),
        ("nine years", "nine years in prison"),
        ("40 per cent", "40%"),
        ("two", "2 people"),
        ("one hundred and five", "105"),
        ("ten weeks", "70 days"),
        ("5 million", "$5m"),
        ("Half a dozen people", "Six"),
        ("A dozen", "twelve"),
        ("half a million", "500,000"),
        ("one and a half million", "1.5 million"),
        ("two and a half hours", "150 minutes"),
        ("half an hour", "30 minutes"),
        ("a fortnight", "two weeks"),
        ("a year", "12 months"),
        ("Half of the stock", "50 per cent"),
        ("a quarter", "25%"),
        ("two thirds", "66 per cent"),
        ("nine out of ten", "90 percent"),
        ("manager Falk", "Anna Falk"),
        ("J. Reim", "Jonas Reim"),
        ("UN", "the United Nations"),
    ],
)
def test_values_in_other_words_agree(one: str, other: str) -> None:
    assert Value.of(one).agrees(Value.of(other))
    assert Value.of(other).agrees(Value.of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("seven", "eleven"),
        ("10", "12"),
        ("4.2 million", "4.3 million"),
        ("1,240", "1,250"),
        ("nobody", "three people"),
        ("Amina Sall", "Grace Adou"),
        ("19 January", "20 January"),
        ("12 million euros", "30 million euros"),
        ("10 days", "10 weeks"),
        ("$5m", "€5m"),
        ("−5%", "5%"),
        ("12 km", "12 hectares"),
        ("Boeing 737", "Airbus 737"),
        ("No Time to Die", "No Country for Old Men"),
        ("half an hour", "50 per cent"),
        ("half a million", "50 per cent"),
        ("a third man", "33 per cent"),
        ("half", "a third"),
        ("J. Reim", "Tom Reim"),
        ("in a hotel in Marden", "in the sports hall of Marden"),
        ("Lower Tarn", "Upper Tarn"),
        ("more than a hundred", "118"),
    ],
)
def test_other_values_do_not_agree(one: str, other: str) -> None:
    assert not Value.of(one).agrees(Value.of(other))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("40 per cent", ValueKind.SHARE),
        ("20 euros a share", ValueKind.MONEY),
        ("$3.4bn", ValueKind.MONEY),
        ("on Tuesday", ValueKind.DATE),
        ("ten and a half weeks", ValueKind.DURATION),
        ("no casualties", ValueKind.NUMBER),
        ("Torsten Vale", ValueKind.NAME),
        ("Boeing 737", ValueKind.NAME),
        ("At least 38", ValueKind.NUMBER),
        ("two", ValueKind.NUMBER),
        ("Jan 19", ValueKind.DATE),
        ("a loose lorry", ValueKind.WORDS),
    ],
)
def test_the_kind_of_a_value(text: str, kind: ValueKind) -> None:
    assert kind is Value.of(text).kind


@pytest.mark.parametrize(
    ("value", "sentence", "is_in"),
    [
        ("eleven", "11 people are missing.", True),
        ("$3.4bn", "The damage amounts to 3.4 billion dollars.", True),
        ("$3.4bn", "About 3.4 billion litres were lost.", False),
        ("eleven", "One hundred and eleven boats came.", False),
        ("7", "It happened on 7 May.", False),
        ("5%", "There were 5 people.", False),
        ("Torsten Vale", "Vale, Torsten: port chief", True),
        ("Torsten Vale", "Vale starts on Monday.", False),
    ],
)
def test_sentences_that_give_a_value(value: str, sentence: str, is_in: bool) -> None:
    assert is_in is Value.of(value).is_in(sentence)


@pytest.mark.parametrize(
    ("one", "other", "may_agree"),
    [
        ("more than a hundred witnesses", "118", True),
        ("At least 38", "40", True),
        ("fewer than 100", "95", True),
        ("more than 100", "900", False),
        ("at least 38", "29", False),
        ("four", "five", False),
    ],
)
def test_a_bound_may_agree_with_what_lies_within_it(one: str, other: str, may_agree: bool) -> None:
    assert may_agree is Value.of(one).may_agree(Value.of(other))
    assert may_agree is Value.of(other).may_agree(Value.of(one))


def test_times_of_day_agree_whatever_their_day_and_may_agree_with_a_day() -> None:
    noon, twelve = Value.of("noon on Thursday", "2031-02-06T12:00"), Value.of("12:00", "2031-01-30T12:00")
    assert noon.agrees(twelve)
    assert Value.of("midnight", "2031-02-03T24:00").agrees(Value.of("0:00", "2031-02-01T00:00"))
    assert not twelve.agrees(Value.of("3 pm", "2031-01-30T15:00"))
    assert not twelve.agrees(Value.of("Friday", "2031-02-07"))
    assert twelve.may_agree(Value.of("Friday", "2031-02-07"))
    assert Value.of("1908").may_agree(Value.of("12 September", "2031-09-12"))
    assert not Value.of("13 September", "2031-09-13").may_agree(Value.of("12 September", "2031-09-12"))


def test_dates_are_compared_by_what_they_stand_for() -> None:
    tuesday = Value.of("Tuesday", "2026-03-10")
    assert tuesday.agrees(Value.of("10 March", "2026-03-10"))
    assert tuesday.agrees(Value.of("in March", "2026-03"))
    assert not tuesday.agrees(Value.of("Tuesday", "2026-03-17"))


def test_seasons_and_years_with_a_preposition_are_dates() -> None:
    for text in ("spring 2026", "in 2027", "9 May 2026", "12:30"):
        assert ValueKind.DATE is Value.of(text).kind
    assert Value.of("1998").is_comparable(Value.of("9 May 1998"))
    assert not Value.of("1,500").is_comparable(Value.of("9 May 1998"))


def test_lengths_agree_whatever_their_unit() -> None:
    assert Value.of("about three miles").agrees(Value.of("some 5 kilometres"))
    assert not Value.of("3 miles").agrees(Value.of("3 kilometres"))


def test_a_round_number_is_no_other_one() -> None:
    assert Value.of("4.2 million").agrees(Value.of("4,198,000"))
    assert not Value.of("150,000").agrees(Value.of("200,000"))


def test_plain_numbers_are_found_but_for_days_and_prices() -> None:
    text = "On 23 October only 19 people paid 15 euros, in 2024 none."
    assert ["19", "none"] == [text[start:end] for start, end in number_spans(text)]


def test_hours_are_values_of_their_own() -> None:
    hours = Value.of("every day from nine to six")
    assert ValueKind.HOURS is hours.kind
    assert hours.agrees(Value.of("9am to 6pm"))
    assert not hours.agrees(Value.of("from nine to seven"))
    assert ValueKind.NUMBER is Value.of("from two to five people").kind
    assert ValueKind.NUMBER is Value.of("from 20 to 40").kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("between 40 and 50", "43"),
        ("two or three", "three"),
        ("two to three weeks", "three weeks"),
        ("no fewer than 38", "41"),
        ("38 or more", "41"),
        ("several hundred", "400"),
        ("200-odd", "207"),
        ("less than a week", "five days"),
        ("an hour and a half", "90 minutes"),
        ("three quarters of an hour", "45 minutes"),
        ("a million and a half", "1.5 million"),
        ("3 tonnes", "3,000 kg"),
        ("10 cm", "100 millimetres"),
        ("100 km/h", "62 mph"),
        ("20 degrees", "20 degrees Celsius"),
        ("St. Ansgar", "Saint Ansgar"),
        ("Mt Orla", "Mount Orla"),
        ("the U.S.", "the United States"),
    ],
)
def test_values_in_other_words_may_agree(one: str, other: str) -> None:
    assert Value.of(one).may_agree(Value.of(other))
    assert Value.of(other).may_agree(Value.of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("between 40 and 50", "55"),
        ("40 and 50", "50"),
        ("two or three", "four"),
        ("fewer than 100", "120"),
        ("no more than 38", "60"),
        ("several hundred", "1,200"),
        ("an hour and a half", "one hour"),
        ("10 cm", "20 cm"),
        ("100 km/h", "100 mph"),
        ("St Ansgar", "St Martin"),
        ("US$5 million", "€5 million"),
    ],
)
def test_other_values_may_not_agree(one: str, other: str) -> None:
    assert not Value.of(one).may_agree(Value.of(other))
