"""Citeline as a retriever of Haystack: the sentences closest to a question, each with its place in its article.

pip install -r examples/requirements-haystack.txt

pipeline.add_component("retriever", CitelineRetriever("http://127.0.0.1:8000", top_k=5))
pipeline.run({"retriever": {"query": "When does the withdrawal finish?"}})
"""

from typing import Any

import httpx
from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret, deserialize_secrets_inplace


@component
class CitelineRetriever:
    """Finds sentences by POST /search. A document's content is the exact words from `start` to `end` of its article.

    `filters` are those of POST /search, such as source or published_from.
    """

    def __init__(
        self,
        server: str = "http://127.0.0.1:8000",
        top_k: int = 4,
        filters: dict[str, Any] | None = None,
        token: Secret | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.server, self.top_k, self.filters, self.token, self.timeout = server, top_k, filters, token, timeout

    def to_dict(self) -> dict[str, Any]:
        """Return what a pipeline is saved with; of a token, the variable that holds it."""
        token = None if self.token is None else self.token.to_dict()
        options = {"top_k": self.top_k, "filters": self.filters, "timeout": self.timeout}
        return default_to_dict(self, server=self.server, token=token, **options)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "CitelineRetriever":
        """Return the retriever of a saved pipeline."""
        deserialize_secrets_inplace(data["init_parameters"], keys=["token"])
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(self, query: str) -> dict[str, list[Document]]:
        """Return the `documents` that are closest to a query."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token.resolve_value()}"}
        body = {"question": query, "top_k": self.top_k, **(self.filters or {})}
        response = httpx.post(f"{self.server}/search", json=body, headers=headers, timeout=self.timeout)
        if response.is_client_error:
            raise ValueError(f"Citeline refused the search: {response.json()['detail']}")
        response.raise_for_status()
        return {"documents": [_document(found) for found in response.json()["sentences"]]}


def _document(found: dict[str, Any]) -> Document:
    article = found["article"]
    meta = {
        **{name: article[name] for name in ("title", "url", "published", "source")},
        "article": article["id"],
        **{name: found[name] for name in ("start", "end", "link")},
        "context": found["context"]["text"],
    }
    return Document(content=found["text"], meta=meta, score=found["score"])
