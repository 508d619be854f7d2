# Citeline with its models and all packages inside: docker build -t citeline .
# deploy/install.sh is what it does; no network is needed afterwards.
FROM python:3.11-slim-bookworm

RUN --mount=type=bind,source=.,target=/src /src/deploy/install.sh /opt/citeline

ENV CITELINE_STATE=/var/lib/citeline \
    CITELINE_MODELS=/opt/citeline/models \
    CITELINE_HOST=0.0.0.0 \
    CITELINE_PORT=8000 \
    PYTHONUNBUFFERED=1
WORKDIR /opt/citeline
USER 10001:10001
VOLUME /var/lib/citeline
EXPOSE 8000
# The first start indexes the articles before it listens.
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m CMD ["/opt/citeline/.venv/bin/python", "-c", \
    "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', os.environ['CITELINE_PORT'], timeout=5); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["/opt/citeline/.venv/bin/python", "app.py"]
CMD ["serve"]
