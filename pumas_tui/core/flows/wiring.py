"""What the flows that change links and models work with: one set of tools for an open library."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import Event, MessagePosted
from pumas_tui.core.domain.first_start import Detected
from pumas_tui.core.domain.history import TrashItem
from pumas_tui.core.domain.ids import JobId, ModelId
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.text import safe
from pumas_tui.core.flows import linking
from pumas_tui.core.flows.app_registry import AppTools
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.check_state import CheckTools
from pumas_tui.core.flows.deleting import DeleteTools, Deleting
from pumas_tui.core.flows.filling import FillTools
from pumas_tui.core.flows.health import Health, HealthTools
from pumas_tui.core.flows.history import History
from pumas_tui.core.flows.linking import Linked
from pumas_tui.core.flows.mapping import Mapping, MappingTools
from pumas_tui.core.flows.opening import Opened
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.flows.past import HistoryTools, Past
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.flows.renaming import Renaming
from pumas_tui.core.flows.spacing import Space, SpaceTools

if TYPE_CHECKING:  # readers of headers and the network are loaded by who needs them
    from pumas_tui.core.flows.downloading import DownloadTools
    from pumas_tui.core.flows.network import Network
    from pumas_tui.core.flows.refetching import Refetching
    from pumas_tui.core.flows.refetching_job import RefetchTools

Find = Callable[[str], Awaitable[ModelDetail]]


class Wiring:
    """Tools of one open library, each made once; `publish` takes events from any thread."""

    def __init__(self, opened: Opened, publish: Callable[[Event], None], host: str) -> None:
        self._opened = opened
        self._publish = publish
        self._host = host

    @cached_property
    def edits(self) -> EditTools:
        """For changes of small files."""
        opened = self._opened
        return EditTools(opened.paths, opened.index, opened.journal, self._host)

    @cached_property
    def operations(self) -> OperationTools:
        """For journaled changes."""
        opened = self._opened
        return OperationTools(
            opened.paths,
            opened.library_id,
            opened.registry,
            opened.journal,
            self._host,
            self._publish,
        )

    @cached_property
    def mapping_tools(self) -> MappingTools:
        """For plans of links."""
        opened = self._opened
        plans = PlanTools(opened.paths, opened.library_id, opened.index, opened.registry, self._host)
        return MappingTools(AppTools(opened.paths, opened.registry), plans, self.operations)

    def mapping(self, find: Find, detect: Callable[[], Awaitable[Detected]]) -> Mapping:
        """The public face of mapping."""
        return Mapping(self.mapping_tools, find, detect)

    @cached_property
    def history_tools(self) -> HistoryTools:
        """For what was changed."""
        opened = self._opened
        return HistoryTools(self.operations, self.edits, opened.registry, opened.index)

    @cached_property
    def past(self) -> Past:
        """Taking changes back, in the calling thread."""
        return Past(self.history_tools)

    def history(self) -> History:
        """The public face of the history."""
        return History(self.history_tools, self.past)

    @cached_property
    def models(self) -> DeleteTools:
        """For models with their links."""
        opened = self._opened
        return DeleteTools(opened.paths, opened.registry, opened.index)

    def deleting(self, find: Find) -> Deleting:
        """The public face of deleting."""
        return Deleting(self.models, self.operations, find)

    def renaming(self, find: Find) -> Renaming:
        """The public face of renaming."""
        return Renaming(self.models, self.operations, self.edits, find)

    def health(self, find: Find, reserve_bytes: int, verify_rate: int, *, self_heals: bool) -> Health:
        """The public face of health."""
        opened = self._opened
        checks = CheckTools(opened.paths, opened.index, opened.registry, opened.jobs, reserve_bytes)
        plans = self.mapping_tools.plans
        return Health(HealthTools(checks, plans, self.operations, verify_rate, self_heals), find)

    def space(self, trash: Callable[[], Awaitable[tuple[TrashItem, ...]]]) -> Space:
        """The public face of counting space."""
        opened = self._opened
        return Space(SpaceTools(opened.paths, opened.index, opened.registry, opened.jobs), trash)

    @cached_property
    def filling(self) -> FillTools:
        """For files that go into models."""
        return FillTools(self.operations, self.edits)

    def refetch_tools(self, downloads: "DownloadTools") -> "RefetchTools":
        """For jobs that get files into what is there."""
        from pumas_tui.core.flows.missing_parts import PartTools
        from pumas_tui.core.flows.refetching_job import RefetchTools

        opened = self._opened
        return RefetchTools(downloads, self.filling, PartTools(opened.paths, opened.jobs, opened.index))

    def refetching(self, find: Find, network: "Network", own: Callable[[str], None]) -> "Refetching":
        """The public face of getting files again."""
        from pumas_tui.core.flows.refetching import AskTools, Refetching

        return Refetching(AskTools(self.filling, self._opened.jobs, network, find, own))

    def follow_edit(self, model_id: ModelId) -> None:
        """Links follow what an edit says: called in the editing thread once the edit is written."""
        self._tell(linking.link_models(self.mapping_tools, [model_id]))

    def follow_job(self, job_id: JobId) -> None:
        """Links follow an import: called in the job's thread once its row is written. Raises nothing."""
        try:
            self._tell(linking.link_batch(self.mapping_tools, self._opened.jobs, job_id))
        except PumasError as error:
            self._publish(MessagePosted(safe(error.message), "warning"))

    def _tell(self, linked: Linked) -> None:
        for line, warning in linked.lines():
            self._publish(MessagePosted(line, "warning" if warning else "info"))
