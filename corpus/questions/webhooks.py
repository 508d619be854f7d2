"""Delivers the events of watched questions to webhooks, signed and retried as Standard Webhooks have it."""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from standardwebhooks import Webhook

from corpus.background import BackgroundTask
from corpus.errors import FetchFailed, ForbiddenAddress
from corpus.events import log_event
from corpus.fetching.client import Fetcher
from corpus.questions.watches import Delivery, WatchRepository
from corpus.web_address import host_of

log = logging.getLogger(__name__)
# Seconds until the next try after each failure: the schedule that Standard Webhooks propose, about three days.
RETRIES = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
_POLL_SECONDS = 0.5
_LEASE = 700.0  # seconds: longer than the timeout of a request can be


class WebhookSender:
    """Sends the messages that are due, in a thread, one after another.

    A message is sent until the webhook answers with a status of 2xx, or RETRIES are over. Where the service ends
    between sending and noting that, it is sent once more, with the same webhook-id.
    """

    def __init__(
        self,
        watches: WatchRepository,
        fetcher: Fetcher,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._watches, self._fetcher, self._clock = watches, fetcher, clock
        self._task = BackgroundTask("webhooks", self.send_due, _POLL_SECONDS, "Webhooks can't be sent now.", log)

    def send_due(self) -> None:
        """Send the messages that are due, in this thread; raises StorageProblem."""
        for delivery in self._watches.due(_LEASE):
            self._send(delivery)
            if self._task.stopping.is_set():
                return

    def start(self) -> None:
        """Start the thread that sends."""
        self._task.start()

    def stop(self) -> None:
        """Stop the thread; a message that is being sent is given up soon, and sent again later."""
        self._task.stop(1.0)

    def _send(self, delivery: Delivery) -> None:
        try:
            self._fetcher.post(delivery.webhook, delivery.body.encode(), self._headers(delivery))
        except FetchFailed as error:
            self._note_failure(delivery, error)
        else:
            self._watches.set_delivered(delivery)

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        """Return the headers of Standard Webhooks: the id is the same at each try, the time that of the try."""
        message, now = f"msg_{delivery.event}", self._clock()
        return {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(delivery.secret).sign(message, now, delivery.body),
        }

    def _note_failure(self, delivery: Delivery, error: FetchFailed) -> None:
        problem, host = str(error), host_of(delivery.webhook)
        reason = problem.replace(delivery.webhook, host)  # the rest of the address may hold a key
        words = f"A webhook of the watch {delivery.watch} was not delivered. {reason}"
        log_event(log, logging.WARNING, "webhook_failed", words, watch=delivery.watch, host=host, problem=reason)
        if error.status == HTTPStatus.GONE:
            self._watches.set_gone(delivery, problem)
            return
        is_last = delivery.tries >= len(RETRIES) or isinstance(error, ForbiddenAddress)
        wait = None if is_last else max(RETRIES[delivery.tries] * random.uniform(1, 1.1), error.retry_after)
        self._watches.set_failed(delivery, problem, wait)
