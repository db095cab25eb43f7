"""What holds for every command: help with an example, common options, exit codes, one sentence per failure."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
import typer

from claims import cli
from claims.cli import console
from claims.errors import NotFoundError, VaultError


def leaves(command, path=()):
    """Every command with its words, from Typer's tree."""
    if hasattr(command, "commands"):
        for name, child in sorted(command.commands.items()):
            yield from leaves(child, (*path, name))
    else:
        yield path, command


LEAVES = list(leaves(typer.main.get_command(cli.build())))


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_has_help_with_an_example_and_the_common_options(path, command, claims):
    said = claims(*path, "--help")
    assert said.code == 0
    assert "Example: " in (command.help or ""), f"claims {' '.join(path)} has no example in its docstring"
    example = command.help.split("Example: ", 1)[1]
    assert f"claims {' '.join(path)}" in example
    flags = [flag for parameter in command.params for flag in parameter.opts]
    assert {"--json", "--quiet", "--as"} <= set(flags) and len(flags) == len(set(flags))
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} of claims {' '.join(path)} has no help"


def test_paragraphs_of_help_are_wrapped_to_the_screen(claims, monkeypatch):
    """They are written in lines of the source; on a narrow screen none may break where a source line did."""
    monkeypatch.setenv("COLUMNS", "80")
    said = claims("write", "--help").out
    lines = [line.strip() for line in said.partition("Frames are")[2].partition("Example")[0].splitlines()]
    text = [line for line in lines if line]
    assert len(text) > 3
    assert all(len(line) + 1 + len(after.split()[0]) > 77 for line, after in pairwise(text[1:]))


def test_help_starts_without_the_heavy_libraries():
    heavy = "pandas numpy sqlalchemy prefect pyarrow pydantic pyx12"
    program = (
        "import sys; from claims import cli; code = cli.execute(['--help']);"
        f"print([name for name in '{heavy}'.split() if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "claims demo" in done.stdout


def test_the_version_is_told(claims):
    said = claims("--version")
    assert said.code == 0 and said.out.startswith("claims ")


@pytest.mark.parametrize("words", [["nonsense"], ["db", "nonsense"], ["init", "--nonsense"], ["db", "backup"]])
def test_wrong_use_ends_with_2(claims, words):
    said = claims(*words)
    assert said.code == 2 and said.out == "" and said.err


@pytest.fixture
def failing(monkeypatch):
    """Let ``claims fail`` raise what it is given."""

    def prepare(error):
        def build():
            app = typer.Typer()

            @app.command()
            def fail():
                raise error

            @app.command()
            def other():
                """Make it two commands, so that the first needs its name."""

            cli._add_common_options(app)
            return app

        monkeypatch.setattr(cli, "build", build)

    return prepare


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (NotFoundError("case", 7), 2, "Error: There is no case 7."),
        (VaultError("ab" * 32, "is not in the vault"), 3, "Error: Stored file abababababab: is not in the vault."),
        (typer.Exit(1), 1, ""),
    ],
)
def test_errors_of_ours_end_with_their_code_and_one_sentence(failing, claims, error, code, sentence):
    failing(error)
    said = claims("fail", "--json")
    assert (said.code, said.out, said.err.strip()) == (code, "", sentence)


@pytest.mark.parametrize("error", [ValueError("ZZCANARY"), OSError(28, "No space left on device", "/in/ZZCANARY.edi")])
def test_other_failures_end_with_3_and_quote_nothing(failing, claims, error):
    failing(error)
    said = claims("fail")
    assert said.code == 3 and said.out == ""
    assert "ZZCANARY" not in said.err and "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_the_same_bug_has_the_same_number(failing, claims):
    failing(ValueError("one patient"))
    first = claims("fail").err
    failing(ValueError("another patient"))
    assert claims("fail").err == first
    failing(KeyError("one patient"))
    assert claims("fail").err != first


def test_debug_shows_the_traceback(failing, claims, monkeypatch):
    monkeypatch.setenv("CLAIMS_DEBUG", "1")
    failing(ValueError("details"))
    assert "ValueError: details" in claims("fail").err


def test_libraries_cannot_write_to_our_log(claims, capsys):
    import logging

    claims("--version")
    logging.getLogger("pyx12.map_if").error("ZZCANARY")
    assert "ZZCANARY" not in "".join(capsys.readouterr())


def test_the_actor_is_who_was_named(failing, claims):
    failing(typer.Exit(0))
    claims("fail", "--as", "ann\x1b[2J")
    assert console.current().actor == "ann [2J"
    claims("fail")
    assert console.current().actor.startswith("os:")
