"""Compares an exported embedding model with the one it was made from, on varied texts of our own."""

import numpy as np
from numpy.typing import NDArray

from index.model_files import Agreement

_PLAIN = [
    "The ferry to the island leaves at half past six and takes forty minutes.",
    "Boats to the island depart every evening around 6:30.",
    "The council voted on Tuesday to close two of the town's five libraries.",
    "Two libraries will shut after a vote by the town council.",
    "Heavy rain flooded the underground station for the third time this year.",
    "The bakery sells about nine hundred loaves on a Saturday.",
    "Researchers found that the frogs sing at a higher pitch near motorways.",
    "She scored twice in the last ten minutes to win the cup for the visitors.",
    "The central bank left its main interest rate unchanged at 4.25 per cent.",
    "Interest rates stay where they are, the bank's governor said.",
    "A new vaccine against the disease will be tried on 3,000 volunteers in May.",
    "The bridge, built in 1884, is to be closed to lorries until its cables are replaced.",
    "Prices of olive oil fell by a fifth after a good harvest in the south.",
    "The orchestra plays the symphony for the first time since its composer's death.",
    "Engineers traced the power cut to a single faulty switch in a substation.",
    "The minister resigned over a letter that she had never meant to send.",
    "Three hikers were rescued from the glacier by helicopter.",
    "The company makes batteries from salt instead of lithium.",
    "A court ordered the airline to pay back the fares of cancelled flights.",
    "The telescope has sent its first pictures of a planet around another star.",
    "Teachers want smaller classes; the ministry offers them more computers.",
    "The museum returned the bronze statue to the village it was taken from.",
    "He repaired typewriters for sixty years and never used a computer.",
    "The tram line to the airport opens in spring, two years late and over budget.",
]
_QUESTIONS = [
    "when does the boat leave?",
    "How many libraries will be closed?",
    "Who had to pay the passengers their money back?",
    "What is the interest rate now?",
    "why did the minister step down",
    "Which material replaces lithium in the batteries?",
    "How old is the bridge?",
    "What did the telescope photograph?",
]
_ODD = [
    "",
    " ",
    "?",
    "No.",
    "Ja",
    "12,345.67 + 8 = ?",
    "https://example.org/news/2024/05/17?id=42#top",
    "ALL TRAINS CANCELLED!!!",
    "Der Zug nach Köln fährt heute nicht: Bauarbeiten zwischen Düren und Horrem.",
    "Le marché aux fleurs a été déplacé à cause des travaux sur la place.",
    "電車は雪のために三十分遅れています。",
    "Поезд опоздал на два часа из-за снегопада.",
    "تأخر القطار ساعتين بسبب الثلوج.",
    "🚲🌧️ cycling in the rain",
    "e\u0301te\u0301 and \u00e9t\u00e9 are the same word",
    "line one\nline two\tand a tab",
]
_LONG = [
    " ".join(_PLAIN[:4]),
    " ".join(_PLAIN[4:16]),
    " ".join(_PLAIN),
    " ".join(_PLAIN + _PLAIN[::-1]),
    "rain " * 1500,
]
TEXTS = [*_PLAIN, *_QUESTIONS, *_ODD, *_LONG]


def compare(own: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Compare unit vectors of the same texts, row by row and in which other text is nearest to each."""
    cosines = np.sum(own * reference, axis=1)
    same = _nearest(own) == _nearest(reference)
    return Agreement(len(own), float(cosines.mean()), float(cosines.min()), float(same.mean()))


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    return np.asarray(likeness.argmax(axis=1))
