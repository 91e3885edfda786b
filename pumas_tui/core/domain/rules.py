"""Rules at work: which ones hold for an app, and which links they want of which models.

Rules of one name are one rule; the most specific config's is taken whole, and `enabled: false` there switches
it off. Highest first: a user's configs, exact version and variant, exact version, variant, any version. Then
every rule that is left takes the models that fit it, those of higher `priority` first. Where two rules want
one file in folders of which one lies in the other, the first one's link serves both, as apps read folders
with all that is below them.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pumas_tui.core.domain import app_kinds, link_forms, versions
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import TITLES, AppKind
from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS
from pumas_tui.core.domain.link_forms import LinkForm
from pumas_tui.core.domain.link_templates import folder_problem
from pumas_tui.core.domain.mapped import LeftOut, MappedModel, WantedLink, Wants
from pumas_tui.core.domain.mapping_config import (
    ANY_VERSION,
    DEFAULT_VARIANT,
    Filters,
    Layer,
    MappingConfig,
    Rule,
)
from pumas_tui.core.domain.naming import fold

_MB = 10**6


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule that holds for an app: `config` is the file it is taken from, `over` those whose rules of the
    same name it stands for, as they are shown, the next in rank first.

    `only_there`: it came with the program and fills a folder that only newer versions of the app read, so
    it is used where that folder is there.
    """

    rule: Rule
    config: str
    layer: Layer
    over: tuple[str, ...] = ()
    only_there: bool = False

    @property
    def why(self) -> str:
        """Why this rule and no other of its name, in one line."""
        instead = f", over {', '.join(self.over)}" if self.over else ""
        off = "" if self.rule.enabled else ", switched off"
        return f'rule "{self.rule.name}" in {_shown(self.config, self.layer)}{instead}{off}'


def merged(
    configs: Iterable[MappingConfig], app_id: str, version: str, variant: str = DEFAULT_VARIANT
) -> tuple[ActiveRule, ...]:
    """The rules for an app of this version and variant, one of each name, those switched off included.

    In the order in which they are heard: higher priority first, then a user's before packaged ones, the more
    specific before the less, then by name. `version` may be empty where it is not known.
    """
    kind = AppKind(app_id)
    fitting = [one for one in configs if _fits(one, app_id, version, variant)]
    ranked = sorted(fitting, key=lambda one: (_rank(one), one.file))
    found: dict[str, tuple[MappingConfig, Rule, list[str]]] = {}
    for one in ranked:
        for rule in one.mappings:
            if rule.name in found:
                found[rule.name][2].append(_shown(one.file, one.layer))
            else:
                found[rule.name] = (one, rule, [])
    rules = [
        (
            (-rule.priority, _rank(one), rule.name),
            ActiveRule(
                rule,
                one.file,
                one.layer,
                tuple(over),
                one.layer is Layer.PACKAGED and app_kinds.is_newer(kind, rule.target_subdir),
            ),
        )
        for one, rule, over in found.values()
    ]
    return tuple(active_rule for _, active_rule in sorted(rules, key=lambda pair: pair[0]))


def active(
    configs: Iterable[MappingConfig], app_id: str, version: str, variant: str = DEFAULT_VARIANT
) -> tuple[ActiveRule, ...]:
    """Those of `merged` that are switched on."""
    return tuple(one for one in merged(configs, app_id, version, variant) if one.rule.enabled)


def rules_sha256(rules: Sequence[ActiveRule]) -> str:
    """Equal for rules that say the same in the same order, whatever files they are in."""
    said = [_meaning(one) for one in rules if one.rule.enabled]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def wants(
    models: Iterable[MappedModel],
    rules: Sequence[ActiveRule],
    app: App,
    folders: Collection[str] | None = None,
) -> Wants:
    """The links that the rules want of these models in an app, in the order of models, then of rules.

    `folders` are those that the app has now, relative to its base; None: those it had when it was added. A
    model without any link is in `left_out` with the reason.
    """
    there = frozenset(app.kind_folders if folders is None else folders)
    chosen = _Chooser(tuple(one for one in rules if one.rule.enabled), app, there)
    links: list[WantedLink] = []
    left_out: list[LeftOut] = []
    for model in models:
        found = chosen.links(model)
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            links.extend(found)
    return Wants(tuple(links), tuple(left_out))


def offered_rules(kind: AppKind, app_folders: Iterable[str], rules: Iterable[ActiveRule]) -> tuple[Rule, ...]:
    """For each folder of an app that no rule fills, a rule that is switched off, by folder.

    `app_folders` are relative to the app's base, `rules` all of `merged`. Such a rule takes models that bear
    the folder's name as a tag, never all of them.
    """
    rules = tuple(rules)
    taken = {one.rule.name for one in rules}  # and by those that are offered before
    targets = [one.rule.target_subdir.partition("{")[0].rstrip("/") for one in rules]
    filled = [target for target in targets if target]
    offered = []
    for folder in sorted(set(app_folders)):
        covered = any(_nested(folder, target) for target in filled) or app_kinds.is_read(kind, folder)
        name = folder.rpartition("/")[2]
        if covered or not name or len(folder) > 100 or "{" in folder or folder_problem(folder):
            continue
        offered.append(
            Rule(
                name=folder if name in taken else name,
                description=f'Models with the tag "{name}".',
                target_subdir=folder,
                patterns=tuple(f"*{ending}" for ending in sorted(WEIGHT_EXTENSIONS)),
                filters=Filters(tags=(name,)),
                enabled=False,
            )
        )
        taken.add(offered[-1].name)
    return tuple(offered)


def _shown(file: str, layer: Layer) -> str:
    return f"{file} (packaged)" if layer is Layer.PACKAGED else file


def _fits(one: MappingConfig, app_id: str, version: str, variant: str) -> bool:
    return (
        one.app == app_id
        and one.variant in (variant, DEFAULT_VARIANT)
        and (one.version == ANY_VERSION or versions.same(one.version, version))
    )


def _rank(one: MappingConfig) -> tuple[bool, bool, bool]:
    """Smaller is heard first."""
    return (one.layer is Layer.PACKAGED, one.version == ANY_VERSION, one.variant == DEFAULT_VARIANT)


def _meaning(one: ActiveRule) -> dict[str, Any]:
    """What of a rule decides about links, in one form; its priority shows in the order."""
    rule, filters = one.rule, one.rule.filters
    return {
        "name": rule.name,
        "target_subdir": rule.target_subdir,
        "patterns": sorted({fold(pattern) for pattern in rule.patterns}),
        "link_type": rule.link_type,
        "link_name": rule.link_name,
        "conflict": rule.conflict,
        "only_there": one.only_there,
        "model_type": sorted(set(filters.model_type)),
        "subtype": sorted(set(filters.subtype)),
        "security_tier": sorted(set(filters.security_tier)),
        "families": _folded(filters.families),
        "tags": _folded(filters.tags),
        "exclude_tags": _folded(filters.exclude_tags),
        "base_model": _folded(filters.base_model),
        "min_size_mb": filters.min_size_mb,
        "max_size_mb": filters.max_size_mb,
    }


def _folded(texts: Iterable[str]) -> list[str]:
    return sorted({fold(text) for text in texts})


def _nested(one: str, other: str) -> bool:
    """One folder is the other or lies in it; the empty one is what all lie in."""
    short, long = sorted((one, other), key=len)
    return not short or long == short or long.startswith(f"{short}/")


class _Chooser:
    """Finds the links of one model after the other; rules are sorted by type and subtype once."""

    def __init__(self, rules: tuple[ActiveRule, ...], app: App, there: Collection[str]) -> None:
        self._rules = rules
        self._app = app
        self._there = there
        self._range = versions.Ranges(app.kind, app.version)
        self._of_kind: Callable[[str, str], tuple[ActiveRule, ...]] = lru_cache(maxsize=None)(self._find)

    def links(self, model: MappedModel) -> list[WantedLink] | LeftOut:
        outside = self._range.problem(model)
        if outside is not None:
            return LeftOut(model.uid, model.model_id, *outside)
        links: list[WantedLink] = []
        missed: LeftOut | None = None
        for one in self._of_kind(model.model_type, model.subtype):
            found = self._of_rule(one, model)
            if isinstance(found, LeftOut):
                missed = missed or found
            else:
                links += (link for link in found if not any(_serves(other, link) for other in links))
        return links or missed or self._left_out(model, f"no rule takes {_kind(model)}")

    def _find(self, model_type: str, subtype: str) -> tuple[ActiveRule, ...]:
        return tuple(
            one
            for one in self._rules
            if model_type in (one.rule.filters.model_type or (model_type,))
            and subtype in (one.rule.filters.subtype or (subtype,))
        )

    def _of_rule(self, one: ActiveRule, model: MappedModel) -> list[WantedLink] | LeftOut:
        rule = one.rule
        other = _unfit(rule.filters, model)
        if other is not None:
            return self._left_out(model, f'rule "{rule.name}" takes {other}', one)
        if one.only_there and rule.target_subdir not in self._there:
            title = TITLES[self._app.kind]
            why = (
                f"this {title} has no folder {rule.target_subdir}, which newer versions read and bring along"
            )
            return self._left_out(model, why, one)
        forms = link_forms.forms(model, rule)
        if not forms:
            return self._left_out(
                model, f'rule "{rule.name}" takes none of its files, only {", ".join(rule.patterns)}', one
            )
        if len({fold(form.target) for form in forms}) < len(forms):
            why = f'rule "{rule.name}" gives two of its files one name; put {{stem}} in link_name'
            return self._left_out(model, why, one, "refused")
        return [_wanted(one, model, form) for form in forms]

    def _left_out(
        self, model: MappedModel, reason: str, one: ActiveRule | None = None, code: str = "no_rule"
    ) -> LeftOut:
        name, config = (one.rule.name, one.config) if one is not None else ("", "")
        return LeftOut(model.uid, model.model_id, code, reason, name, config)


def _unfit(filters: Filters, model: MappedModel) -> str | None:
    """What the filters ask for, type and subtype aside, and the model is not; None where it fits."""
    tags = {fold(tag) for tag in model.tags}
    tests = (
        (not _any(filters.families, model.family), f"families {', '.join(filters.families)}"),
        (not _any(filters.base_model, model.base_model), f"base models {', '.join(filters.base_model)}"),
        (
            bool(filters.security_tier) and model.security_tier.value not in filters.security_tier,
            f"security tiers {', '.join(filters.security_tier)}",
        ),
        (
            bool(filters.tags) and tags.isdisjoint(map(fold, filters.tags)),
            f"tags {', '.join(filters.tags)}",
        ),
        (
            not tags.isdisjoint(map(fold, filters.exclude_tags)),
            f"none with tags {', '.join(filters.exclude_tags)}",
        ),
        (
            filters.min_size_mb is not None and model.size_bytes < filters.min_size_mb * _MB,
            f"sizes from {filters.min_size_mb} MB",
        ),
        (
            filters.max_size_mb is not None and model.size_bytes > filters.max_size_mb * _MB,
            f"sizes up to {filters.max_size_mb} MB",
        ),
    )
    return next((wanted for unfit, wanted in tests if unfit), None)


def _any(wanted: Sequence[str], value: str) -> bool:
    return not wanted or fold(value) in map(fold, wanted)


def _serves(other: WantedLink, link: WantedLink) -> bool:
    return other.source == link.source and _nested(other.folder, link.folder)


def _kind(model: MappedModel) -> str:
    return f"{model.model_type} / {model.subtype or 'no subtype'}"


def _wanted(one: ActiveRule, model: MappedModel, form: LinkForm) -> WantedLink:
    file = form.file
    return WantedLink(
        model_uid=model.uid,
        model_id=model.model_id,
        rule=one.rule.name,
        config=one.config,
        folder=form.folder,
        target=form.target,
        source=f"{model.model_id}/{file.name}" if file is not None else model.model_id,
        is_folder=file is None,
        sha256=file.sha256 if file is not None else "",
        size_bytes=file.size if file is not None else model.size_bytes,
        place=file.place if file is not None else None,
        conflict=one.rule.conflict,
    )
