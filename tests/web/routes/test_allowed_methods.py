"""Tests of the header Allow."""

from tests.api_client import CheckedClient


def test_allow_lists_the_methods_of_the_address_alone(client: CheckedClient) -> None:
    assert "OPTIONS, POST" == client.options("/articles/bulk").headers["Allow"]
    assert "OPTIONS, POST" == client.put("/articles/bulk").headers["Allow"]
    assert {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"} == set(
        client.options("/articles/x").headers["Allow"].split(", ")
    )
