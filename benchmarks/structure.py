"""Prints the size and shape of the code of one or more checkouts, side by side.

`python -m benchmarks.structure . ../other-checkout` prints a Markdown table with a column for each folder.
"""

import argparse
import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

PACKAGES = ("corpus", "index", "qa", "web", "cli", "eval", "training", "benchmarks")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A parsed module of a checkout."""

    name: str
    lines: int
    tree: ast.Module

    @cached_property
    def functions(self) -> list[Function]:
        """All functions and methods, nested ones included."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return [node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    def imported(self) -> Iterator[str]:
        """Yield the names that the module imports, in functions and for type checkers too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def called_once(self) -> int:
        """Return how many private functions have one place that uses them."""
        private = [one.name for one in self.functions if one.name.startswith("_") and not one.name.endswith("__")]
        uses = Counter(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name | ast.Attribute)
        )
        return sum(uses[name] == 1 for name in private)


def read_modules(root: Path, *folders: str) -> list[Module]:
    """Parse all modules below some folders of a checkout."""
    modules = []
    for path in (path for folder in folders for path in sorted((root / folder).rglob("*.py"))):
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        modules.append(Module(name, len(source.splitlines()), ast.parse(source)))
    return modules


def measure(root: Path) -> dict[str, str]:
    """Return the figures of a checkout by name, as text."""
    modules = read_modules(root, *PACKAGES)
    full = [module for module in modules if module.functions or module.classes]
    lengths = sorted(_length(function) for module in full for function in module.functions)
    once = sum(module.called_once() for module in modules)
    names = Counter(name for module in modules for name in module.classes)
    repeated = sum(count > 1 for count in names.values())
    lines = {name: sum(module.lines for module in read_modules(root, name)) for name in (*PACKAGES, "tests")}
    return {
        "lines, product and tools": f"{sum(module.lines for module in modules):,}",
        **{f"lines, {name}": f"{count:,}" for name, count in lines.items()},
        "modules, product and tools": str(len(full)),
        "median lines of a module": f"{median(module.lines for module in full):g}",
        "functions": f"{len(lengths):,}",
        "median lines of a function": f"{median(lengths):g}",
        "lines of the longest function": str(lengths[-1]),
        "private functions with one caller": f"{once:,} ({once / len(lengths):.0%} of all functions)",
        "class names defined more than once": str(repeated),
        "modules in import cycles": str(len(in_cycles(modules))),
    }


def _length(function: Function) -> int:
    return (function.lineno if function.end_lineno is None else function.end_lineno) - function.lineno + 1


def in_cycles(modules: list[Module]) -> set[str]:
    """Return the names of the modules that import themselves by way of others."""
    known = {module.name for module in modules}
    graph = {module.name: known & set(module.imported()) - {module.name} for module in modules}
    return {name for name in graph if name in _reachable(graph, name)}


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        found |= waiting
        waiting = set().union(*(graph[name] for name in waiting)) - found
    return found


def table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Return figures as a Markdown table: a column for each checkout."""
    rows = [["", *columns], ["---"] * (1 + len(columns))]
    rows += [[name, *(column[name] for column in columns.values())] for name in next(iter(columns.values()))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path, metavar="FOLDER")
    print(table({str(folder): measure(folder.resolve()) for folder in parser.parse_args().checkouts}))


if __name__ == "__main__":
    main()
