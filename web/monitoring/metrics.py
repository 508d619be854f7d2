"""The figures of a service in the format of Prometheus."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from corpus.errors import CitelineError, InvalidInput, StorageProblem
from corpus.feeds.repository import SubscriptionRepository
from index.generations.indexer import Indexer
from qa.annotators import Annotator
from qa.conversation.history import ConversationStore
from qa.pipeline import Pipeline
from qa.service import GenerationSource, QAService, VersionSource
from qa.types import Reply

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_OUTCOMES = ("answered", "refused", "invalid", "error")
_SHED = ("full", "abandoned")


class Metrics:
    """What is counted while a service runs. Labels have few values, and none comes from outside. Thread-safe."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # of each counter, a series of when it began
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "citeline_questions", "Questions, by how they ended", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "citeline_question_seconds", "Time a reply took", buckets=_SECONDS, registry=self.registry
        )
        self._confidence = Histogram(
            "citeline_answer_confidence", "Confidence of first answers", buckets=_CONFIDENCES, registry=self.registry
        )
        self._errors = Counter(
            "citeline_errors", "Responses that tell of a problem, by their status", ["kind"], registry=self.registry
        )
        self._queue = Gauge("citeline_queue_length", "Requests that wait for a thread", registry=self.registry)
        self._shed = Counter(
            "citeline_queue_shed",
            "Requests not served: the queue full, or the client gone",
            ["reason"],
            registry=self.registry,
        )
        for outcome in _OUTCOMES:
            self._questions.labels(outcome)  # shown as 0 from the start
        for reason in _SHED:
            self._shed.labels(reason)

    def count_reply(self, reply: Reply, seconds: float) -> None:
        """Count a question that got a reply."""
        self._questions.labels("answered" if reply.answers or reply.library is not None else "refused").inc()
        self._seconds.observe(seconds)
        if reply.answers:
            self._confidence.observe(reply.answers[0].confidence)

    def count_failure(self, error: CitelineError | None) -> None:
        """Count a question that got no reply: it was invalid, or an error, None where that is a bug."""
        self._questions.labels("invalid" if isinstance(error, InvalidInput) else "error").inc()

    def count_error(self, status: int) -> None:
        """Count a response that tells of a problem."""
        with suppress(ValueError):  # no status of HTTP
            self._errors.labels(HTTPStatus(status).name.lower()).inc()

    def count_shed(self, reason: str) -> None:
        """Count a request that was not served; `reason` is full or abandoned."""
        self._shed.labels(reason).inc()

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Show the length of a queue from now on."""
        self._queue.set_function(length)

    def text(self) -> bytes:
        """Return all figures."""
        return generate_latest(self.registry)


class MeteredQAService(QAService):
    """Answers questions and counts them, whoever asks; suggestions try theirs by a service that doesn't count."""

    def __init__(
        self,
        metrics: Metrics,
        generations: GenerationSource,
        pipeline: Pipeline,
        annotators: Sequence[Annotator],
        versions: VersionSource,
        conversations: ConversationStore,
    ) -> None:
        super().__init__(generations, pipeline, annotators, versions, conversations)
        self._metrics = metrics

    def ask(self, *args: Any, **named: Any) -> Reply:
        """Return the reply of `QAService.ask`."""
        start = time.perf_counter()
        try:
            reply = super().ask(*args, **named)
        except Exception as error:
            self._metrics.count_failure(error if isinstance(error, CitelineError) else None)
            raise
        self._metrics.count_reply(reply, time.perf_counter() - start)
        return reply


class LibraryCollector(Collector):
    """Reads the state of the index and of the feeds when the figures are asked for.

    All but the count of the feeds is in memory: that is one short read of SQLite, which waits for no writer.
    """

    def __init__(self, indexer: Indexer, subscriptions: SubscriptionRepository) -> None:
        self._indexer, self._subscriptions = indexer, subscriptions

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; those of an index that is not there yet, or of feeds that can't be read, are left out."""
        problem = self._indexer.problem is not None
        yield GaugeMetricFamily("citeline_index_problem", "1 where the index can't be brought up to date", int(problem))
        current = self._indexer.current
        if current is not None:
            manifest = current.manifest
            yield GaugeMetricFamily("citeline_index_generation", "Number of the generation", manifest.generation)
            yield GaugeMetricFamily(
                "citeline_index_built_timestamp_seconds",
                "When the generation was built, in seconds since 1970",
                datetime.fromisoformat(manifest.built_at).timestamp(),
            )
            yield GaugeMetricFamily("citeline_index_articles", "Articles in the index", manifest.articles)
            yield GaugeMetricFamily("citeline_index_sentences", "Sentences in the index", manifest.sentences)
        with suppress(StorageProblem):
            ok, failing = self._subscriptions.counts()
            feeds = GaugeMetricFamily("citeline_feeds", "Feeds, by whether the last poll failed", labels=["state"])
            feeds.add_metric(["ok"], ok)
            feeds.add_metric(["failing"], failing)
            yield feeds
