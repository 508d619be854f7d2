"""Citeline as a retriever of LlamaIndex: the sentences closest to a question, each with its place in its article.

pip install -r examples/requirements-llama-index.txt

retriever = CitelineRetriever("http://127.0.0.1:8000", top_k=5)
retriever.retrieve("When does the withdrawal finish?")
"""

from typing import Any

import httpx
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode


class CitelineRetriever(BaseRetriever):
    """Finds sentences by POST /search. A node's text is the exact words from `start` to `end` of its article.

    `filters` are those of POST /search, such as source or published_from.
    """

    def __init__(
        self,
        server: str = "http://127.0.0.1:8000",
        top_k: int = 4,
        filters: dict[str, Any] | None = None,
        token: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__()
        self._address, self._timeout = f"{server}/search", timeout
        self._options = {"top_k": top_k, **(filters or {})}
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        body = {"question": query_bundle.query_str, **self._options}
        response = httpx.post(self._address, json=body, headers=self._headers, timeout=self._timeout)
        if response.is_client_error:
            raise ValueError(f"Citeline refused the search: {response.json()['detail']}")
        response.raise_for_status()
        return [NodeWithScore(node=_node(found), score=found["score"]) for found in response.json()["sentences"]]


def _node(found: dict[str, Any]) -> TextNode:
    article = found["article"]
    metadata = {
        **{name: article[name] for name in ("title", "url", "published", "source")},
        "article": article["id"],
        **{name: found[name] for name in ("start", "end", "link")},
        "context": found["context"]["text"],
    }
    hidden = [name for name in metadata if name not in {"title", "published", "source"}]  # from language models
    return TextNode(
        id_=f"{article['id']}:{found['start']}-{found['end']}",
        text=found["text"],
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
