"""The table of attacks in docs/threat-model.md: one row for each file in this folder.

python tests/attacks/table.py writes it anew.
"""

import ast
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "threat-model.md"
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"

# What a test works with says what is attacked.
GROUPS = {
    "arena": "By code",
    "desk": "By code and files",
    "classroom": "By notebooks",
    "exchange": "By names and times",
}


def rows() -> dict[str, list[tuple[str, str]]]:
    """Name and first line of each attack, by group."""
    found: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS.values()}
    for file in sorted(HERE.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        used = {
            argument.arg
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for argument in node.args.args
        }
        group = next(name for fixture, name in GROUPS.items() if fixture in used)
        words = ast.get_docstring(tree)
        assert words, f"{file.name} does not say what the attacker does"
        found[group].append((file.stem.removeprefix("test_"), words))
    return found


def table() -> str:
    """The tables as they must stand in the page."""
    parts = []
    for group, attacks in rows().items():
        lines = [
            f"**{group}** ({len(attacks)})",
            "",
            "| attack | what the attacker does |",
            "|---|---|",
        ]
        for name, text in attacks:
            first = text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
            first = first.replace("<", "&lt;")
            lines.append(f"| [{name}](../tests/attacks/test_{name}.py) | {first} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def page_with_table(page: str) -> str:
    """The page with the table that belongs into it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
