"""Without this file there would be no `gateway doctor`: what is wrong with this box, in words."""

import json
import os
from pathlib import Path

import click

from gateway.cli import options
from gateway.doctor.finding import MARKS, WRONG
from gateway.doctor.visit import visit
from gateway.doctor.words import TEXTS


@click.command("doctor", help="Say in words what is wrong with this box and what to do; exit code 1 if something is.")
@options.config
@click.option("--language", type=click.Choice(["en", "zh"]), help="Otherwise as LANG says.")
@options.as_json
@click.pass_context
def command(context: click.Context, path: Path, language: str | None, is_json: bool) -> None:
    """Look at everything."""
    language = language or _language()
    findings = []
    for finding in visit(path):
        findings.append(finding)
        if not is_json:
            click.echo(f"{MARKS[finding.level]} {finding.about}: {finding.text(language)}")
    count = sum(finding.level == WRONG for finding in findings)
    chinese, english = TEXTS["sum_wrong" if count else "sum_well"]
    if is_json:
        told = [
            {"about": one.about, "level": one.level, "code": one.code, "text": one.text(language)} for one in findings
        ]
        click.echo(json.dumps({"wrong": count, "findings": told}, ensure_ascii=False, indent=2))
    else:
        click.echo((chinese if language == "zh" else english).format(count=count))
    context.exit(1 if count else 0)


def _language() -> str:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if said.lower().startswith("zh") else "en"
