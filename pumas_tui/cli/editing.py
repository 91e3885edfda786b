"""`edit`, `tag`, `protect`, `limit`: what is said about a model."""

from collections.abc import Awaitable, Callable
from typing import Any

import click

from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted, no_options
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.editing import ALIASES, FIELDS
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.library import Library


def _changed(
    wanted: Wanted,
    work: Callable[[Library], Awaitable[ModelDetail]],
    say: Callable[[ModelDetail], str],
) -> Outcome:
    """Do an edit and answer with the model as it is then."""

    async def body(library: Library) -> Outcome:
        detail = await work(library)
        return Outcome(told(detail), [f"{safe(detail.row.model_id)}: {say(detail)}"])

    return with_library(wanted.options(), body)


def told(detail: ModelDetail) -> dict[str, Any]:
    """An edited model as JSON: who it is, every field that can be edited, and where each value is from."""
    metadata = detail.metadata.model_dump(mode="json", by_alias=True)
    fields = {name: metadata[name] for name in (*FIELDS, "trust", "field_sources")}
    return {
        "model_id": detail.row.model_id,
        "uid": detail.row.uid,
        "path": detail.directory,
        **fields,
        "version_ranges": dict(detail.version_ranges or {}),
    }


@click.command("edit", cls=Verb, short_help="Change what is said about a model.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--set", "changes", multiple=True, required=True, metavar="KEY=VALUE", help="May be given several times."
)
@click.pass_obj
def edit(wanted: Wanted, model: str, changes: tuple[str, ...]) -> Outcome:
    """Set fields of MODEL; these become manual: no look-up changes them any more.

    Lists (tags, trigger_words, compatible_apps) are written with commas; an empty VALUE clears a field. The
    directory stays as it is.
    """
    pairs = [_pair(change) for change in changes]
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise UsageError("a field is given twice", hint="name each KEY once")

    def say(detail: ModelDetail) -> str:
        return ", ".join(f"{ALIASES.get(key, key)} = {_value(detail, key)}" for key in fields)

    return _changed(wanted, lambda library: library.editing.edit(model, fields), say)


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {change}: write KEY=VALUE", hint=f"KEY is one of {', '.join(FIELDS)}")
    return key.strip(), value


def _value(detail: ModelDetail, key: str) -> str:
    value = getattr(detail.metadata, ALIASES.get(key, key))
    shown = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return safe(shown) or "(empty)"


@click.command(
    "tag", cls=Verb, short_help="Add and remove tags.", context_settings={"ignore_unknown_options": True}
)
@click.argument("model", metavar="MODEL")
@click.argument("tags", nargs=-1, required=True, metavar="+TAG… -TAG…")
@click.pass_obj
def tag(wanted: Wanted, model: str, tags: tuple[str, ...]) -> Outcome:
    """Add each +TAG to MODEL and take out each -TAG, without regard to case."""
    no_options(tags)
    odd = [one for one in tags if one[:1] not in ("+", "-") or not one[1:].strip()]
    if odd:
        raise UsageError(f"{odd[0]}: write +TAG to add a tag, -TAG to remove one")
    add = [one[1:] for one in tags if one.startswith("+")]
    remove = [one[1:] for one in tags if one.startswith("-")]
    return _changed(
        wanted,
        lambda library: library.editing.tag(model, add, remove),
        lambda detail: f"tags = {_value(detail, 'tags')}",
    )


@click.command("protect", cls=Verb, short_help="Set the badge Manual: nothing automatic changes the model.")
@click.argument("model", metavar="MODEL")
@click.pass_obj
def protect(wanted: Wanted, model: str) -> Outcome:
    """Give MODEL the badge Manual and keep every field that says something from look-ups."""

    def say(detail: ModelDetail) -> str:
        kept = [source for source in detail.metadata.field_sources.values() if source == "manual"]
        return f"trust = manual, {plural(len(kept), 'field')} manual"

    return _changed(wanted, lambda library: library.editing.protect(model), say)


@click.command("limit", cls=Verb, short_help="Say for which versions of an app a model is meant.")
@click.argument("model", metavar="MODEL")
@click.argument("app", metavar="APP")
@click.argument("specifier", metavar="SPECIFIER")
@click.pass_obj
def limit(wanted: Wanted, model: str, app: str, specifier: str) -> Outcome:
    """Keep MODEL to the versions SPECIFIER (PEP 440, such as ">=0.5,<0.7") of APP; "" means all versions."""

    def say(detail: ModelDetail) -> str:
        ranges = detail.version_ranges or {}
        return ", ".join(f"{safe(name)} {safe(text)}" for name, text in ranges.items()) or "all versions"

    return _changed(wanted, lambda library: library.editing.limit(model, app, specifier), say)


VERBS = {"edit": edit, "tag": tag, "protect": protect, "limit": limit}
