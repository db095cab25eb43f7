"""What a command prints to be typed next works as it is printed: no option that is wanted is missing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import typer

from claims import cli

WORD = r"(?:\"[^\"]*\"|\.\.\.|[A-Z]+|[a-z-]+:[A-Z§]+|§\S*|\d+)"
COMMAND = re.compile(rf"claims ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)((?: (?:--[a-z-]+(?: [a-z]+)?|{WORD}))*)")


def printed():
    """Each text that a module of the command line says, with § where a value comes in."""
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("say", "append"):
                for text in call.args[:1]:
                    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                    told = [str(part.value) if isinstance(part, ast.Constant) else "§" for part in parts]
                    yield path.name, "".join(told)


def found(words, group):
    """The command that words name, and how many of them do."""
    for at, word in enumerate(words):
        if not hasattr(group, "commands"):
            return group, at
        if word not in group.commands:
            return None, at
        group = group.commands[word]
    return (None if hasattr(group, "commands") else group), len(words)


def test_no_printed_command_lacks_what_it_wants():
    whole = typer.main.get_command(cli.build())
    lacking, looked_at = [], 0
    for name, text in printed():
        for match in COMMAND.finditer(text):
            command, _ = found(match[1].split(), whole)
            given = match[2].split()
            if command is None or not given:  # the name alone says where to look
                continue
            looked_at += 1
            for option in command.params:
                is_given = any(word in option.opts for word in given)
                takes = option.param_type_name == "option" and not getattr(option, "is_flag", False)
                if option.param_type_name == "option" and option.required and not is_given:
                    lacking.append((name, match[0], option.opts[0]))
                at = next((at for at, word in enumerate(given) if word in option.opts), None)
                if takes and at is not None and (at + 1 == len(given) or given[at + 1].startswith("--")):
                    lacking.append((name, match[0], f"{option.opts[0]} of what"))
    assert looked_at > 10
    assert lacking == []
