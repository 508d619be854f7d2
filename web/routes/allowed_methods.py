"""The header Allow: the methods that an address takes."""

from flask import Flask, Response, request


def register(app: Flask) -> None:
    """Have Allow list the methods of an address alone.

    Werkzeug adds those of each route that the address fits: for `/articles/bulk` those of `/articles/<article_id>`.
    """
    fixed: dict[str, set[str]] = {}

    @app.after_request
    def correct(response: Response) -> Response:
        if "Allow" not in response.headers:
            return response
        if not fixed:
            for rule in app.url_map.iter_rules():
                if not rule.arguments:
                    fixed[rule.rule] = fixed.get(rule.rule, set()) | (rule.methods or set())
        if request.path in fixed:
            response.headers["Allow"] = ", ".join(sorted(fixed[request.path]))
        return response
