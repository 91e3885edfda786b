"""Makes plans: what has to happen so that an app has the links its rules want. Pure: facts in, a plan out.

Who gets a target. A link that is right stays where it is, wherever that is below its rule's folder, and a
model is linked once per rule. What the app reads through an extra root already gets no link, unless one of
ours is there to be pointed anew. After that a model whose own link holds a target has the better claim, then
the earlier of the wanted links. What cannot be looked at is never taken for absent, and what is not ours is
never touched by a plan without an answer.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pumas_tui.core.domain import (
    fingerprints,
    planner_conflicts,
    planner_extra,
    planner_links,
    planner_removals,
)
from pumas_tui.core.domain.app_ground import Ground, ancestors, is_below, is_plain, parent_of
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.mapped import AppFacts, Entry, WantedLink, Wants
from pumas_tui.core.domain.plan import (
    Act,
    Answer,
    ConflictKind,
    Plan,
    PlanHeader,
    PlannedAction,
)

_ORDER = (
    Act.CONFLICT,
    Act.CREATE,
    Act.REPLACE_OURS,
    Act.REMOVE_BROKEN,
    Act.REMOVE_STALE,
    Act.REFUSE,
    Act.KEEP,
)
_MANY_LINKS = 20


def make(
    header: PlanHeader,
    wants: Wants,
    facts: AppFacts,
    links: Sequence[Link],
    *,
    models: Collection[ModelUid] | None = None,
) -> Plan:
    """The plan for one app that is here.

    `links`: the registry's, of any app. `models`: make, keep and re-point only theirs; None is all, and then
    links that no rule wants any more, or whose source is gone, are removed as well.
    """
    ground = Ground(facts, links)
    claims = _Claims(ground, is_full=models is None)
    actions = claims.decide(wants.links)
    if models is None:
        actions += planner_removals.unwanted(ground, claims.keys)
    actions += [
        PlannedAction(
            Act.REFUSE, f"{out.code}: {out.reason}", "", out.model_uid, out.model_id, out.rule, out.config
        )
        for out in wants.left_out
    ]
    if models is not None:
        actions = [action for action in actions if action.model_uid in models]
    return _plan(header, actions, ground, models)


def unlink(
    header: PlanHeader, facts: AppFacts, links: Sequence[Link], *, models: Collection[ModelUid] | None = None
) -> Plan:
    """The plan that removes an app's links, all or those of some models, adopted ones too. What is not ours
    on disk stays, and only its row goes."""
    ground = Ground(facts, links)
    return _plan(header, planner_removals.all_of(ground, models), ground, models)


def _plan(
    header: PlanHeader, actions: Iterable[PlannedAction], ground: Ground, models: Collection[ModelUid] | None
) -> Plan:
    rank = {act: place for place, act in enumerate(_ORDER)}
    ordered = sorted(actions, key=lambda a: (rank[a.act], a.target, a.model_id, a.rule, a.source))
    for action in ordered:
        assert action.act is Act.REFUSE or is_plain(action.target), action
    return Plan(
        header,
        tuple(ordered),
        (*planner_links.warnings(ordered, ground), *planner_extra.warnings(ordered, ground)),
        None if models is None else tuple(sorted(models)),
        planner_extra.offer(ordered, ground, is_whole=models is None),
    )


def confirm_removals(plan: Plan, known_links: int) -> bool:
    """Whether a plan takes so many of an app's links that it needs a yes of its own: more than 20, and more
    than a tenth of those on record."""
    removed = plan.count(Act.REMOVE_STALE) + plan.count(Act.REMOVE_BROKEN)
    return removed > max(_MANY_LINKS, known_links / 10)


def default_answers(plan: Plan) -> dict[str, Answer]:
    """What the rules themselves answer to their conflicts; an answer that somebody gave goes before."""
    return {
        action.target: Answer(action.conflict.suggested)
        for action in plan.actions
        if action.conflict is not None and action.conflict.by_rule
    }


class _Claims:
    """Hands out targets to wanted links, one pass of claims after the other."""

    def __init__(self, ground: Ground, *, is_full: bool) -> None:
        self._ground = ground
        self._is_full = is_full
        self._holders: dict[str, WantedLink] = {}
        self._folders: set[str] = set()  # keys of folders that claimed targets lie in
        self._landed: dict[tuple[str, str], list[str]] = {}
        self._reserved: set[str] = set()
        self._contested: set[tuple[str, str]] = set()
        self._told: set[tuple[str, str, str]] = set()
        self._actions: list[PlannedAction] = []
        self._conflicts: list[tuple[ConflictKind, WantedLink, Entry | None]] = []

    @property
    def keys(self) -> Collection[str]:
        """Keys of the targets that some rule wants or that are left as they are for another reason."""
        return self._holders.keys()

    def decide(self, wanted: Sequence[WantedLink]) -> list[PlannedAction]:
        """An action for each wanted link that no other one stands for already."""
        rest = [want for want in wanted if not self._refused_outright(want)]
        rest = [want for want in rest if not self._kept(want, self._exact(want))]
        rest = [want for want in rest if not self._kept(want, self._elsewhere(want))]
        rest = [want for want in rest if self._is_incumbent(want) or not self._read_already(want)]
        for want in sorted(rest, key=lambda want: not self._is_incumbent(want)):
            self._take(want)
        for kind, want, entry in self._conflicts:
            self._actions.append(self._conflict(kind, want, entry))
        return self._actions

    def _refused_outright(self, want: WantedLink) -> bool:
        words = self._ground.obstacle(want.target)
        in_folder = is_below(want.target, want.folder) and want.target != want.folder
        if not is_plain(want.source) or not in_folder:
            words = f"outside: {want.target} is not in the folder of its rule"
        if words and not words.startswith("blocked: "):
            self._refuse(want, words)
        return bool(words) and not words.startswith("blocked: ")

    def _exact(self, want: WantedLink) -> list[Entry]:
        key = self._ground.key(want.target)
        return [entry for entry in self._ground.right(want) if self._ground.key(entry.target) == key]

    def _elsewhere(self, want: WantedLink) -> list[Entry]:
        """Right entries under other names: those that the registry has for the model, then unknown ones.

        One that is another model's by a row that is right is not among them: two models may share a file.
        """
        found: list[tuple[bool, Entry]] = []
        for entry in self._ground.right(want):
            row = self._ground.row(entry.target)
            is_its = row is not None and row.model_uid == want.model_uid
            if row is None or is_its or not self._ground.is_named(row, entry):
                found.append((not is_its, entry))
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

    def _kept(self, want: WantedLink, right: Iterable[Entry]) -> bool:
        """Stay with the first of these that no other model holds."""
        for entry in right:
            holder = self._holders.get(self._ground.key(entry.target))
            if holder is not None and holder.source != want.source:
                continue
            if holder is None:
                self._keep(want, entry)
            return True
        return False

    def _keep(self, want: WantedLink, entry: Entry) -> None:
        target = self._ground.spelled(entry)
        text = fingerprints.link_text(entry.fingerprint)
        row = self._ground.row(entry.target)
        action = replace(
            _wanted(Act.KEEP, "right: the link is right", want, target),
            link_kind=planner_links.kind_of_text(text),
            link_text=text or "",
            inode=fingerprints.inode(entry.fingerprint),
            before=entry.fingerprint,
            known=row,
        )
        if action.remembers:
            words = "made by somebody else" if row is None else "not as it is on record"
            action = replace(action, reason=f"adopted: the link is right, and {words}")
        self._claim(want, target)
        self._land(want, action)

    def _read_already(self, want: WantedLink) -> bool:
        """The app finds it through an extra root; what stands at the target is then nobody's concern here."""
        reason = planner_extra.read_already(want, self._ground)
        told = (want.model_uid, want.source, want.folder)
        if reason and told not in self._told:
            self._told.add(told)
            self._actions.append(_wanted(Act.REFUSE, reason, want, want.target))
        return bool(reason)

    def _is_incumbent(self, want: WantedLink) -> bool:
        row, entry = self._ground.row(want.target), self._ground.entry(want.target)
        if row is None or entry is None or row.model_uid != want.model_uid:
            return False
        return self._ground.is_ours(row, entry)

    def _take(self, want: WantedLink) -> None:
        """A wanted link that is nowhere yet."""
        ground, key = self._ground, self._ground.key(want.target)
        if self._stands_for(want):
            return
        words = self._obstacle(want)
        if words:
            self._refuse(want, words)
            return
        holder = self._holders.get(key)
        entry = ground.entry(want.target)
        if holder is not None:
            is_case = holder.target != want.target
            self._contest(ConflictKind.CASE if is_case else ConflictKind.TWO_MODELS, want, entry)
            return
        row = ground.row(want.target)
        if entry is None:
            self._claim(want, want.target)
            reason = "new: not linked yet" if row is None else "gone: the link that was made is not there"
            self._link(Act.CREATE, reason, want, want.target, fingerprints.ABSENT)
        elif entry.unknown:
            self._refuse(want, f"unknown: could not look at {entry.target}")
        elif row is not None and ground.is_ours(row, entry):
            self._over_ours(want, row, entry)
        else:
            kind = planner_conflicts.kind_of(entry, want, ground)
            is_case = entry.target != want.target
            self._claim(want, want.target)
            self._contest(ConflictKind.CASE if is_case else kind, want, entry)

    def _over_ours(self, want: WantedLink, row: Link, entry: Entry) -> None:
        """Our link is at the target and leads elsewhere."""
        is_free = self._is_full and row.origin == "rule"
        if row.model_uid == want.model_uid or is_free:
            self._claim(want, row.target)
            reason = "moved: the link leads to an old place"
            self._link(Act.REPLACE_OURS, reason, want, row.target, entry.fingerprint)
        else:
            self._contest(ConflictKind.TWO_MODELS, want, entry)

    def _stands_for(self, want: WantedLink) -> bool:
        """Another rule's link to the same source is below the wanted folder already, or has its answer."""
        landed = self._landed.get((want.model_uid, want.source), ())
        holder = self._holders.get(self._ground.key(want.target))
        is_same = holder is not None and (holder.model_uid, holder.source) == (want.model_uid, want.source)
        return is_same or any(is_below(target, want.folder) for target in landed)

    def _obstacle(self, want: WantedLink) -> str:
        ground = self._ground
        folder = ground.folder_of(want.target)
        app = ground.facts.app
        maybe = ground.maybe_right(want)
        if maybe is not None:
            return f"unknown: could not look at {maybe.target}"
        if want.place is None and not want.is_folder:
            return f"missing_source: {want.source} is not there or cannot be looked at"
        if any(is_below(path, want.target) for path in app.kind_folders):
            return f"blocked: {want.target} is a folder of the app itself"
        above = (self._ground.key(path) for path in ancestors(want.target) if path)
        if any(path in self._holders for path in above) or ground.key(want.target) in self._folders:
            return f"blocked: {want.target} and another link need one path as a folder and as a link"
        if folder is None or planner_links.kind_for(folder, want.is_folder) is None:
            assert folder is not None
            return planner_links.refusal(folder, want.is_folder, app.kind)
        return ground.obstacle(want.target)

    def _refuse(self, want: WantedLink, reason: str) -> None:
        """Leave a wanted link out. What stands at its target stays, unless the very source is gone."""
        code = reason.partition(":")[0]
        if code != "missing_source" and is_plain(want.target):
            self._holders.setdefault(self._ground.key(want.target), want)
        self._actions.append(_wanted(Act.REFUSE, reason, want, want.target))

    def _claim(self, want: WantedLink, target: str) -> None:
        self._holders[self._ground.key(target)] = want
        self._folders |= {self._ground.key(path) for path in ancestors(target) if path}

    def _land(self, want: WantedLink, action: PlannedAction) -> None:
        self._landed.setdefault((want.model_uid, want.source), []).append(action.target)
        self._actions.append(action)

    def _link(self, act: Act, reason: str, want: WantedLink, target: str, before: str) -> None:
        self._land(want, self._linking(act, reason, want, target, before))

    def _contest(self, kind: ConflictKind, want: WantedLink, entry: Entry | None) -> None:
        """Keep a conflict for the end, when all names that are taken are known."""
        contested = (self._ground.key(want.target), want.source)
        if contested not in self._contested:
            self._contested.add(contested)
            self._conflicts.append((kind, want, entry))

    def _linking(self, act: Act, reason: str, want: WantedLink, target: str, before: str) -> PlannedAction:
        ground = self._ground
        folder = ground.folder_of(target)
        assert folder is not None
        kind = planner_links.kind_for(folder, want.is_folder)
        return replace(
            _wanted(act, reason, want, target),
            link_kind=kind,
            link_text=planner_links.text_for(kind, ground.real_parent(target), ground.source(want.source)),
            inode=want.place[1] if want.place is not None else None,
            before=before,
            known=ground.row(target),
        )

    def _conflict(self, kind: ConflictKind, want: WantedLink, entry: Entry | None) -> PlannedAction:
        ground, target = self._ground, want.target
        holder = self._holders.get(ground.key(target))
        at = planner_conflicts.there(entry, ground)
        if holder is not None and holder is not want and not at.leads_to:
            at = replace(at, leads_to=ground.source(holder.source))
        conflict = planner_conflicts.build(kind, want, at, ground, self._is_taken)
        beside = (
            f"{parent_of(target)}/{name}".lstrip("/") for name in (conflict.free_name, conflict.old_name)
        )
        self._reserved |= {ground.key(path) for path in beside}
        words = planner_conflicts.WORDS.get(kind, "")
        if kind is ConflictKind.TWO_MODELS:
            row = ground.row(target)
            first = holder.model_id if holder is not None else row.source if row is not None else ""
            words = f"{first} has this name already"
        elif kind is ConflictKind.CASE:
            other = entry.target if entry is not None else holder.target if holder is not None else ""
            words = f"{other} is the same name here: case does not count"
        if conflict.by_rule:
            words += f"; the rule says {conflict.suggested.value}"
        action = self._linking(Act.CONFLICT, f"{kind.value}: {words}", want, target, at.fingerprint)
        # A row that is another model's by right is not this action's to forget or replace.
        return replace(action, conflict=conflict, known=action.known if holder is want else None)

    def _is_taken(self, target: str) -> bool:
        key = self._ground.key(target)
        if key in self._holders or key in self._reserved or key in self._folders:
            return True
        return self._ground.entry(target) is not None


def _wanted(act: Act, reason: str, want: WantedLink, target: str) -> PlannedAction:
    return PlannedAction(
        act,
        reason,
        target,
        want.model_uid,
        want.model_id,
        want.rule,
        want.config,
        want.source,
        want.sha256,
        is_folder=want.is_folder,
        size_bytes=want.size_bytes,
    )
