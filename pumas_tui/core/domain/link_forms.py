"""What of a model a rule links, and under which names: its weight files, or its folder as one.

A folder is linked as one where its files name each other, so that neither a name nor a file may be missing:
pipelines of diffusers, models of transformers, sets with an index, ONNX with external data.
"""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pumas_tui.core.domain import link_templates
from pumas_tui.core.domain.files import ModelFormat, Role
from pumas_tui.core.domain.grouping import is_external_data
from pumas_tui.core.domain.mapped import MappedFile, MappedModel
from pumas_tui.core.domain.mapping_config import LinkType, Rule
from pumas_tui.core.domain.naming import fold, is_generic, split_extension

_LOCAL = "local"
_UNKNOWN = "unknown"
_FOLDERS = (ModelFormat.FOLDER, ModelFormat.DIFFUSION_FOLDER)


@dataclass(frozen=True, slots=True)
class LinkForm:
    """One link to make: `target` relative to the app's base, in `folder`; `file` is None for all of a
    model's folder."""

    folder: str
    target: str
    file: MappedFile | None


def forms(model: MappedModel, rule: Rule) -> tuple[LinkForm, ...]:
    """The links of a model that fits the rule's filters; none where no file of it matches a pattern.

    Weights get links of their own, and configs where a pattern spells their ending (`*.yaml`): some apps
    want them beside the weights. Two forms may have one target where `link_name` does not tell files apart.
    """
    taken = [file for file in model.files if _matches(rule.patterns, file.name)]
    whole = rule.link_type is LinkType.DIRECTORY
    if not whole and _is_one(model):
        taken = [file for file in taken if file.role is Role.WEIGHTS]
        whole = True
    if whole:
        name = rule.link_name or "{cleaned_name}"
        return (_form(rule, _values(model), name, None),) if taken else ()
    own = (file for file in taken if file.role is Role.WEIGHTS or _spelled(rule.patterns, file))
    return tuple(_form(rule, _values(model, file), _name(rule, file), file) for file in own)


def shard(file: MappedFile) -> str:
    """`00001-of-00005`, `00001` where the total is not known; empty for what is no part of a set."""
    if file.shard_index is None:
        return ""
    of = f"-of-{file.shard_total:05}" if file.shard_total is not None else ""
    return f"{file.shard_index:05}{of}"


@lru_cache(maxsize=1024)
def _fitting(pattern: str) -> re.Pattern[str]:
    """`fnmatch` makes every star take the least that fits and never come back, so a match takes time that is
    linear in the name."""
    return re.compile(fnmatch.translate(fold(pattern).replace("[", "[[]")))


def _matches(patterns: Sequence[str], name: str) -> bool:
    last = fold(name.rpartition("/")[2])
    return any(_fitting(pattern).match(last) for pattern in patterns)


def _spelled(patterns: Sequence[str], file: MappedFile) -> bool:
    """A config whose ending one of the patterns that match it spells."""
    ending = fold(split_extension(file.name.rpartition("/")[2])[1])
    spelling = [pattern for pattern in patterns if ending and fold(pattern).endswith(ending)]
    return file.role is Role.CONFIG and _matches(spelling, file.name)


def _is_one(model: MappedModel) -> bool:
    return (
        model.model_format in _FOLDERS
        or model.has_index
        or any(is_external_data(file.name) for file in model.files)
    )


def _name(rule: Rule, file: MappedFile) -> str:
    """The template of a file's name in the app."""
    if rule.link_name is not None:
        return rule.link_name
    if not is_generic(split_extension(file.name.rpartition("/")[2])[0]):
        return "{stem}{ext}"
    return "{cleaned_name}-{shard}{ext}" if shard(file) else "{cleaned_name}{ext}"


def _values(model: MappedModel, file: MappedFile | None = None) -> Mapping[str, str]:
    """What the fields of templates stand for."""
    stem, ext = split_extension(file.name.rpartition("/")[2]) if file else (model.cleaned_name, "")
    owner, slash, _ = model.repo_id.partition("/")
    return {
        "cleaned_name": model.cleaned_name,
        "family": model.family or _UNKNOWN,
        "model_type": model.model_type or _UNKNOWN,
        "subtype": model.subtype or _UNKNOWN,
        "publisher": owner if slash and owner else _LOCAL,
        "stem": stem,
        "ext": ext,
        "shard": shard(file) if file else "",
    }


def _form(rule: Rule, values: Mapping[str, str], name: str, file: MappedFile | None) -> LinkForm:
    folder = link_templates.fill_folder(rule.target_subdir, values)
    last = link_templates.fill_name(name, values)
    return LinkForm(folder, f"{folder}/{last}" if folder else last, file)
