"""Measure how fast documents are read: `python -m benchmarks.reading [FILE_OR_FOLDER...]`.

Without any, ordinary documents of 2 and of 20 pages are made of the articles of `eval/evidence/choose`: web pages,
Markdown, Word documents and PDFs. With --against, another working tree of this project reads them turn by turn. Printed
is processor time; with --worker the time by the clock that a document takes in a worker process, as in the service (in
a working tree from before them, in the process itself).
"""

import html
import io
import re
import statistics
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import docx

from benchmarks.bombs import pdf_file
from cli.runner import run
from eval.report import table
from eval.service_process import ROOT

ARTICLES = ROOT / "eval" / "evidence" / "choose" / "articles"
SIZES = {"short": 2, "long": 17}  # articles: some 2 and 20 pages
# Runs in either working tree.
_CHILD = """
import functools, sys, time
from pathlib import Path
from corpus.documents import read_document
clock, run = time.process_time, lambda parse, data, name: parse(data)
if sys.argv[1:]:
    clock = time.perf_counter
    try:
        from corpus.isolation.process import ProcessWorker
        run = ProcessWorker().run
    except ImportError:
        pass
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    data, begun = path.read_bytes(), clock()
    try:
        run(functools.partial(read_document, name=path.name), data, path.name)
        seconds = clock() - begun
    except Exception:
        seconds = -1.0
    print(seconds, flush=True)
"""
_MARK = re.compile(r"[*_`]+")
_LINES = 46  # of a page of a PDF


class TreeReader:
    """A process that reads documents with the code of a working tree."""

    def __init__(self, root: Path, uses_worker: bool) -> None:
        command = [sys.executable, "-c", _CHILD, *(["worker"] if uses_worker else [])]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, text=True)

    def seconds(self, path: Path) -> float | None:
        """Return the seconds that reading a file takes, None where it is refused."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        seconds = float(self._process.stdout.readline())
        return None if seconds < 0 else seconds

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--against", type=click.Path(exists=True, path_type=Path), help="another working tree, read with in turns"
)
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1), help="of which the median counts")
@click.option("--worker", "uses_worker", is_flag=True, help="read in worker processes, and measure by the clock")
def main(paths: tuple[Path, ...], against: Path | None, rounds: int, uses_worker: bool) -> None:
    """Print the milliseconds that reading a file takes, and the kB read in a second, for each format and size."""
    with TemporaryDirectory() as folder:
        if not paths:
            write_ordinary(Path(folder))
        files = [file for path in paths or (Path(folder),) for file in _files(path)]
        roots = [ROOT, *([] if against is None else [against.resolve()])]
        times = _times(files, [TreeReader(root, uses_worker) for root in roots], rounds)
        groups: dict[str, list[Path]] = {}
        for file in files:
            group = f"{file.suffix[1:]} {file.parent.name}" if not paths else file.suffix[1:]
            if all(file in each for each in times):
                groups.setdefault(group, []).append(file)
        print(table({name: _row(group, times) for name, group in sorted(groups.items())}))


def _files(path: Path) -> Iterator[Path]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (file.resolve() for file in found if file.is_file() and file.suffix not in {".toml", ""})


def _times(files: Sequence[Path], readers: Sequence[TreeReader], rounds: int) -> list[dict[Path, float]]:
    """Return, for each reader, the median seconds of each file that it reads."""
    measured: list[dict[Path, list[float]]] = [{} for _ in readers]
    for number in range(rounds + 1):
        for file in files:
            for reader, seconds in zip(readers, measured, strict=True):
                taken = reader.seconds(file)
                if taken is not None and number > 0:  # the first round imports the readers
                    seconds.setdefault(file, []).append(taken)
    for reader in readers:
        reader.close()
    return [{file: statistics.median(taken) for file, taken in each.items()} for each in measured]


def _row(files: Sequence[Path], times: Sequence[dict[Path, float]]) -> dict[str, float]:
    size = sum(file.stat().st_size for file in files) / 1000
    seconds, *others = (sum(each[file] for file in files) for each in times)
    row: dict[str, float] = {
        "files": len(files),
        "kB": size / len(files),
        "ms a file": 1000 * seconds / len(files),
        "kB/s": size / seconds,
    }
    for other in others:
        row |= {"ms, other tree": 1000 * other / len(files), "ratio": seconds / other}
    return row


def write_ordinary(folder: Path) -> None:
    """Write ordinary documents of each size and format into a folder."""
    articles = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.glob("*.md"))]
    for name, count in SIZES.items():
        (folder / name).mkdir()
        for start in range(3):
            text = "\n\n".join(articles[(start * count + number) % len(articles)] for number in range(count))
            blocks = list(_blocks(text))
            contents = {".md": text.encode(), ".html": _page(blocks), ".docx": _word(blocks), ".pdf": _pdf(blocks)}
            for extension, content in contents.items():
                (folder / name / f"{start}{extension}").write_bytes(content)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the tag of each block of Markdown, as of HTML, and its lines or cells; each row is a block."""
    for block in re.split(r"\n{2,}", text):
        lines = [_MARK.sub("", line) for line in block.split("\n") if line.strip()]
        if lines and lines[0].startswith("#"):
            yield f"h{len(lines[0].split()[0])}", [lines[0].lstrip("# ")]
        elif lines and lines[0].startswith("|"):
            yield from (("tr", line.strip("| ").split(" | ")) for line in lines if not set(line) <= set("|-: "))
        elif lines and re.match(r"- |\d+\. ", lines[0]):
            yield "ul", [line.split(" ", 1)[1] for line in lines]
        elif lines:
            yield "p", [" ".join(lines)]


def _page(blocks: Sequence[tuple[str, list[str]]]) -> bytes:
    title = html.escape(blocks[0][1][0])
    links = [html.escape(lines[0]) for tag, lines in blocks if tag == "h2"]
    menu = "".join(f'<li class="menu-item"><a href="/section/{at}">{link}</a></li>' for at, link in enumerate(links))
    parts = []
    for tag, lines in blocks:
        texts = [html.escape(line) for line in lines]
        if tag == "ul":
            parts.append(f"<ul>{''.join(f'<li>{text}</li>' for text in texts)}</ul>")
        elif tag == "tr":
            parts.append(f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>")
        else:
            parts.append(f"<{tag}>{texts[0]}</{tag}>")
    body = re.sub(r"(?:<tr>.*</tr>\n?)+", lambda rows: f"<table>{rows.group()}</table>", "\n".join(parts))
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | Marren Coast Courier</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="Marren Coast Courier">
<meta property="article:published_time" content="2024-03-05T09:30:00+01:00"><style>body {{ margin: 0 }}</style>
<script>window.settings = {{}};</script></head><body class="single">
<header class="site-header"><a href="/">Marren Coast Courier</a><nav><ul>{menu}</ul></nav></header>
<main><article class="post"><p class="byline">By Rowan Tesk, <time datetime="2024-03-05">5 March 2024</time></p>
{body}
</article><aside class="related"><h3>Read more</h3><ul>{menu}</ul></aside></main>
<footer class="site-footer"><p>© Marren Coast Courier</p><ul>{menu}</ul></footer></body></html>""".encode()


def _word(blocks: Sequence[tuple[str, list[str]]]) -> bytes:
    document = docx.Document()
    rows: list[list[str]] = []
    for tag, lines in [*blocks, ("p", [""])]:
        if tag != "tr" and rows:
            shown = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
            for row in rows:
                for cell, text in zip(shown.add_row().cells, row, strict=False):
                    cell.text = text
            rows = []
        if tag == "tr":
            rows.append(lines)
        elif tag == "ul":
            for line in lines:
                document.add_paragraph(line, style="List Bullet")
        elif tag == "p":
            document.add_paragraph(lines[0])
        else:
            document.add_heading(lines[0], int(tag[1]))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _pdf(blocks: Sequence[tuple[str, list[str]]]) -> bytes:
    """Return a PDF in the standard fonts, with a running head and page numbers."""
    lines: list[tuple[str, str]] = []  # what moves to the line and sets its font, and its text
    for tag, texts in blocks:
        if tag == "tr":
            lines.append(("/F 10", "\n".join(texts)))
            continue
        font, width = ("/B 14", 60) if tag[0] == "h" else ("/F 10", 96)
        for text in texts:
            wrapped = textwrap.wrap(f"• {text}" if tag == "ul" else text, width)
            lines += [*((font, line) for line in wrapped), *([] if tag == "ul" else [("", "")])]
    pages = [lines[start : start + _LINES] for start in range(0, len(lines), _LINES)]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%b]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (5 + 2 * at) for at in range(len(pages)))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in enumerate(pages, 1):
        drawn = [_drawn("/F 8", 72, 800, "Marren Coast Courier"), _drawn("/F 8", 290, 40, str(number))]
        for at, (font, line) in enumerate(page):
            cells = line.split("\n")
            drawn += [_drawn(font, 72 + 120 * column, 770 - 15 * at, cell) for column, cell in enumerate(cells) if cell]
        content = zlib.compress(b"\n".join(drawn))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R/B 4 0 R>>>>/Contents %d 0 R>>"
            % (len(objects) + 2)
        )
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(content), content))
    return pdf_file(objects)


def _drawn(font: str, x: int, y: int, text: str) -> bytes:
    escaped = re.sub(r"([\\()])", r"\\\1", text).encode("cp1252", "replace")
    return b"BT %b Tf %d %d Td (%b) Tj ET" % (font.encode(), x, y, escaped)


if __name__ == "__main__":
    run(main)
