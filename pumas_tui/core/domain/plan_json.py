"""Plans as JSON, for scripts and for a file that is applied later; ASCII, so that any file name survives.

A file: {"schema": "pumas.plan/1", "plans": [{"header": {…}, "models": null | [uid…], "warnings": [{code,
message, path, hint}…], "actions": [{…}…]}…]}. An action has the keys of `action_json`; `fingerprint` is that
of its target when the plan was made. What is read is checked as if an enemy had written it: each path is
relative and plain, each name a lone part, each number in its range.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pumas_tui.core.domain import ids, links
from pumas_tui.core.domain.app_ground import is_plain
from pumas_tui.core.domain.errors import Trouble, UsageError
from pumas_tui.core.domain.plan import (
    SCHEMA,
    Act,
    Conflict,
    ConflictKind,
    Plan,
    PlanHeader,
    PlannedAction,
    Resolution,
    There,
)

MAX_BYTES = 256 << 20
"""The longest plan that is read: one of 200,000 actions has about 160 MB."""

_MAX_VALUES = 12_000_000
_MAX_TEXT = 16_384
_MAX_NUMBER = 2**64
_FINGERPRINT = re.compile(
    r"absent|link:.+|file:\d+:-?\d+:\d+|(?:dir|other):\d+|content:[0-9a-f]{64}", re.DOTALL
)

T = TypeVar("T")


def summary(plan: Plan) -> dict[str, int]:
    """How many actions of each kind a plan has, by the kind's name; all kinds."""
    return {act.value: plan.count(act) for act in Act}


def action_json(action: PlannedAction, app: str) -> dict[str, Any]:
    """An action as a JSON object. `app`: the name of the app that its plan is for."""
    return {
        "action": action.act.value,
        "reason": action.reason,
        "app": app,
        "model_id": action.model_id,
        "model_uid": action.model_uid,
        "rule": action.rule,
        "config": action.config,
        "source": action.source,
        "target": action.target,
        "link_kind": action.link_kind.value if action.link_kind is not None else None,
        "link_text": action.link_text,
        "is_folder": action.is_folder,
        "size_bytes": action.size_bytes,
        "sha256": action.sha256,
        "inode": action.inode,
        "fingerprint": action.before,
        "known": links.row_json(action.known) if action.known is not None else None,
        "only_row": action.only_row,
        "conflict": _conflict_json(action.conflict) if action.conflict is not None else None,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as a JSON object."""
    header = plan.header
    return {
        "header": {
            "schema": SCHEMA,
            "library_id": header.library_id,
            "host": header.host,
            "app": header.app,
            "app_uid": header.app_uid,
            "base": header.base,
            "rules_sha256": header.rules_sha256,
            "created_at": header.created_at,
        },
        "models": None if plan.models is None else list(plan.models),
        "warnings": [
            {"code": w.code, "message": w.message, "path": w.path, "hint": w.hint} for w in plan.warnings
        ],
        "actions": [action_json(action, header.app) for action in plan.actions],
    }


def encode(plans: Sequence[Plan]) -> str:
    """The text of a plan file; ends with a newline."""
    body = {"schema": SCHEMA, "plans": [plan_json(plan) for plan in plans]}
    return json.dumps(body, ensure_ascii=True, indent=1) + "\n"


def _conflict_json(conflict: Conflict) -> dict[str, Any]:
    there = conflict.there
    return {
        "kind": conflict.kind.value,
        "there": {
            "fingerprint": there.fingerprint,
            "size_bytes": there.size_bytes,
            "mtime_ns": there.mtime_ns,
            "items": there.items,
            "link_text": there.link_text,
            "leads_to": there.leads_to,
        },
        "suggested": conflict.suggested.value,
        "allowed": [answer.value for answer in conflict.allowed],
        "why_not": {answer.value: why for answer, why in conflict.why_not.items()},
        "free_name": conflict.free_name,
        "old_name": conflict.old_name,
        "by_rule": conflict.by_rule,
    }


def parse(raw: bytes) -> tuple[Plan, ...]:
    """The plans of a file. Raises UsageError that names the value at fault."""
    if len(raw) > MAX_BYTES or raw.count(b",") > _MAX_VALUES:
        raise _bad("the plan", "is longer than any plan")
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError as error:
        raise _bad("the plan", "is nested too deep") from error
    except ValueError as error:
        raise _bad("the plan", f"is not JSON ({error})") from error
    top = _Object(body, "the plan")
    if top.text("schema") != SCHEMA:
        raise _bad("the plan", f"is not of the form {SCHEMA}")
    plans = tuple(_plan(at) for at in top.objects("plans"))
    top.close()
    return plans


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _bad(where: str, what: str) -> UsageError:
    return UsageError(f"{where} {what}", hint="make the plan again: pumas-tui map plan --out FILE")


class _Object:
    """A JSON object whose values are taken once each, by type; what nobody took is an error."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise _bad(where, "is not an object")
        self._values: dict[str, object] = value
        self._taken: set[str] = set()
        self.where = where

    def _take(self, key: str) -> object:
        if key not in self._values:
            raise _bad(self.where, f"has no {key}")
        self._taken.add(key)
        return self._values[key]

    def close(self) -> None:
        """Raises UsageError for a key that means nothing."""
        left = sorted(self._values.keys() - self._taken)
        if left:
            raise _bad(self.where, f"has a key {left[0][:80]!r} that means nothing")

    def text(self, key: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or len(value) > _MAX_TEXT or "\0" in value:
            raise _bad(f"{self.where}.{key}", "is not a text of usual length")
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key)
        if not isinstance(value, bool):
            raise _bad(f"{self.where}.{key}", "is neither true nor false")
        return value

    def number(self, key: str, least: int = 0) -> int:
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _MAX_NUMBER:
            raise _bad(f"{self.where}.{key}", "is not a whole number in its range")
        return value

    def time(self, key: str) -> float:
        value = self._take(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise _bad(f"{self.where}.{key}", "is not a time")
        return float(value)

    def parsed(self, key: str, read: Callable[[str], T]) -> T:
        text = self.text(key)
        try:
            return read(text)
        except ValueError as error:
            raise _bad(f"{self.where}.{key}", f"is {text[:80]!r}, which means nothing here") from error

    def is_null(self, key: str) -> bool:
        if self._values.get(key, ...) is None:
            self._taken.add(key)
            return True
        return False

    def array(self, key: str) -> list[object]:
        value = self._take(key)
        if not isinstance(value, list):
            raise _bad(f"{self.where}.{key}", "is not a list")
        return value

    def objects(self, key: str) -> "list[_Object]":
        return [_Object(value, f"{self.where}.{key}[{n}]") for n, value in enumerate(self.array(key))]

    def object(self, key: str) -> "_Object":
        return _Object(self._take(key), f"{self.where}.{key}")

    def texts(self, key: str) -> dict[str, str]:
        """An object whose values are texts."""
        inner = self.object(key)
        return {name: inner.text(name) for name in inner._values}


def _plan(at: _Object) -> Plan:
    header = _header(at.object("header"))
    models = None
    if not at.is_null("models"):
        models = tuple(_model_uid(value, f"{at.where}.models") for value in at.array("models"))
    warnings = tuple(_warning(inner) for inner in at.objects("warnings"))
    actions = tuple(_action(inner, header) for inner in at.objects("actions"))
    at.close()
    return Plan(header, actions, warnings, models)


def _model_uid(value: object, where: str) -> ids.ModelUid:
    try:
        return ids.model_uid(str(value))
    except ids.BadIdError as error:
        raise _bad(where, "holds what is not the uid of a model") from error


def _header(at: _Object) -> PlanHeader:
    if at.text("schema") != SCHEMA:
        raise _bad(at.where, f"is not of the form {SCHEMA}")
    header = PlanHeader(
        library_id=at.parsed("library_id", ids.library_id),
        host=at.text("host"),
        app_uid=ids.AppUid(at.text("app_uid")),
        app=at.text("app"),
        base=at.text("base"),
        rules_sha256=at.text("rules_sha256"),
        created_at=at.time("created_at"),
    )
    at.close()
    return header


def _warning(at: _Object) -> Trouble:
    path = None if at.is_null("path") else at.text("path")
    hint = None if at.is_null("hint") else at.text("hint")
    warning = Trouble(at.text("code"), at.text("message"), path, hint)
    at.close()
    return warning


def _path(text: str) -> str:
    if not is_plain(text):
        raise ValueError(text)
    return text


def _path_or_none(text: str) -> str:
    return _path(text) if text else ""


def _name(text: str) -> str:
    if text and ("/" in text or not is_plain(text)):
        raise ValueError(text)
    return text


def _fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text):
        raise ValueError(text)
    return text


def _action(at: _Object, header: PlanHeader) -> PlannedAction:
    act = at.parsed("action", Act)
    is_refused = act is Act.REFUSE
    if at.text("app") != header.app:
        raise _bad(at.where, "is for another app than its plan")
    action = PlannedAction(
        act,
        at.text("reason"),
        at.parsed("target", _path_or_none if is_refused else _path),
        None if is_refused and at.is_null("model_uid") else at.parsed("model_uid", ids.model_uid),
        at.text("model_id"),
        at.text("rule"),
        at.text("config"),
        at.parsed("source", _path_or_none if is_refused else _path),
        at.text("sha256"),
        None if is_refused and at.is_null("link_kind") else at.parsed("link_kind", links.LinkKind),
        at.text("link_text"),
        at.flag("is_folder"),
        at.number("size_bytes"),
        None if at.is_null("inode") else at.number("inode"),
        at.parsed("fingerprint", _fingerprint),
        None if at.is_null("known") else _row(at.object("known"), header),
        at.flag("only_row"),
        None if at.is_null("conflict") else _conflict(at.object("conflict")),
    )
    at.close()
    _check(action, at.where)
    return action


def _check(action: PlannedAction, where: str) -> None:
    """Parts of an action that need one another."""
    if (action.act is Act.CONFLICT) != (action.conflict is not None):
        raise _bad(where, "has a conflict that is none, or none that it should have")
    is_removal = action.act in (Act.REMOVE_STALE, Act.REMOVE_BROKEN)
    if is_removal and action.known is None:
        raise _bad(where, "removes a link that no registry knows")
    if action.only_row and not is_removal:
        raise _bad(where, "forgets a link that it does not remove")
    if action.act is Act.REPLACE_OURS and action.known is None:
        raise _bad(where, "replaces a link that no registry knows")


def _row(at: _Object, header: PlanHeader) -> links.Link:
    row = {
        "app_uid": at.text("app_uid"),
        "target": at.parsed("target", _path),
        "model_uid": at.parsed("model_uid", ids.model_uid),
        "source": at.parsed("source", _path),
        "kind": at.parsed("kind", links.LinkKind),
        "origin": at.text("origin"),
        "rule": at.text("rule"),
        "sha256": at.text("sha256"),
    }
    at.close()
    if row["app_uid"] != header.app_uid or row["origin"] not in ("rule", "adopted"):
        raise _bad(at.where, "is not a link of this app")
    return links.from_row(row)


def _conflict(at: _Object) -> Conflict:
    why_not = at.texts("why_not")
    allowed = at.array("allowed")
    known = {answer.value: answer for answer in Resolution}
    if not set(map(str, allowed)) | why_not.keys() <= known.keys() or Resolution.SKIP.value not in allowed:
        raise _bad(at.where, "has answers that do not exist")
    conflict = Conflict(
        at.parsed("kind", ConflictKind),
        _there(at.object("there")),
        at.parsed("suggested", Resolution),
        tuple(known[str(answer)] for answer in allowed),
        _by_answer(why_not, known),
        at.parsed("free_name", _name),
        at.parsed("old_name", _name),
        at.flag("by_rule"),
    )
    at.close()
    return conflict


def _by_answer(why_not: Mapping[str, str], known: Mapping[str, Resolution]) -> dict[Resolution, str]:
    return {known[answer]: why for answer, why in why_not.items()}


def _there(at: _Object) -> There:
    there = There(
        at.parsed("fingerprint", _fingerprint),
        at.number("size_bytes"),
        at.number("mtime_ns", -_MAX_NUMBER),
        at.number("items"),
        at.text("link_text"),
        at.text("leads_to"),
    )
    at.close()
    return there
