"""Citeline as a retriever of LangChain: the sentences closest to a question, each with its place in its article.

pip install -r examples/requirements-langchain.txt

retriever = CitelineRetriever(server="http://127.0.0.1:8000", top_k=5)
retriever.invoke("When does the withdrawal finish?")
"""

from typing import Any

import httpx
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, SecretStr


class CitelineRetriever(BaseRetriever):
    """Finds sentences by POST /search. A document's content is the exact words from `start` to `end` of its article."""

    server: str = "http://127.0.0.1:8000"
    top_k: int = Field(default=4, ge=1, le=100)
    filters: dict[str, Any] = Field(default_factory=dict, description="such as source or published_from")
    token: SecretStr | None = None
    timeout: float = 30.0

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        body = {"question": query, "top_k": self.top_k, **self.filters}
        response = httpx.post(f"{self.server}/search", json=body, headers=headers, timeout=self.timeout)
        if response.is_client_error:
            raise ValueError(f"Citeline refused the search: {response.json()['detail']}")
        response.raise_for_status()
        return [
            Document(
                id=f"{found['article']['id']}:{found['start']}-{found['end']}",
                page_content=found["text"],
                metadata={
                    **{name: found["article"][name] for name in ("title", "url", "published", "source")},
                    "article": found["article"]["id"],
                    **{name: found[name] for name in ("start", "end", "link", "score")},
                    "context": found["context"]["text"],
                },
            )
            for found in response.json()["sentences"]
        ]
