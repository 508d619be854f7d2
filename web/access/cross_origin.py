"""Pages of other origins that may ask, through the widget: which of their requests are let in, and the CORS headers."""

from dataclasses import dataclass

from werkzeug.sansio.request import Request

SCRIPT = "/widget.js"
_ASKING = frozenset({"/ask"})
_PREFLIGHT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class WidgetOrigins:
    """The origins whose pages may ask; without any, no page of another origin may do anything."""

    origins: frozenset[str] = frozenset()

    def is_asking(self, request: Request) -> bool:
        """Return whether a page of a listed origin asks."""
        return request.method == "POST" and request.path in _ASKING and self._is_listed(request)

    def is_preparing(self, request: Request) -> bool:
        """Return whether a browser prepares that: it loads the script, or sends the preflight of a question."""
        if request.path == SCRIPT and request.method in {"GET", "HEAD"}:
            # Without CORS, as most pages load scripts, the browser names no origin; the script holds no data.
            is_script = request.headers.get("Sec-Fetch-Dest") == "script"
            return self._is_listed(request) or (bool(self.origins) and is_script and "Origin" not in request.headers)
        return request.method == "OPTIONS" and request.path in _ASKING and self._is_listed(request)

    def headers(self, method: str, path: str, origin: str | None) -> dict[str, str]:
        """Return the CORS headers of the response to a request, whatever its status."""
        if not self.origins or not (path == SCRIPT or (path in _ASKING and method in {"POST", "OPTIONS"})):
            return {}
        headers = {"Vary": "Origin"}
        if path == SCRIPT:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if origin is None or origin not in self.origins:
            return headers
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}
        if method == "OPTIONS":
            headers |= {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Content-Type, Authorization",
                "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
            }
        return headers

    def _is_listed(self, request: Request) -> bool:
        return request.headers.get("Origin") in self.origins
