"""What an action is: something a person can do, with its words; and the scopes in which keys work."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where an action's keys work."""

    GLOBAL = "global"  # every screen
    SCREEN = "screen"  # the screen in front, whichever it is
    LIST = "list"  # any list that has the focus
    MARKS = "marks"  # lists whose rows can be marked
    LIBRARY = "library"
    IMPORT = "import"
    MAPPING = "mapping"
    HEALTH = "health"
    SETTINGS = "settings"
    TEXT = "text"  # a text box that has the focus
    FIRST_START = "first_start"  # the questions where there is no library yet


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `does` is a sentence without a full stop; `cli` the same on the command line or empty.

    `footer` is the short label on the key line, shown where `priority` (higher first) finds room, or empty.
    `writes`: off in a read-only session. `harmful`: asks first, and its key is never the key that confirms.
    `runnable`: may be started from `?` and the palette. `anywhere`: works while a text box has the focus.
    `instead_of`: id of an action whose keys this one may take, since that one is off where this one works.
    """

    id: str
    title: str
    does: str
    cli: str = ""
    footer: str = ""
    priority: int = 0
    writes: bool = False
    harmful: bool = False
    runnable: bool = True
    anywhere: bool = False
    instead_of: str = ""

    @property
    def scope(self) -> Scope:
        """First part of the id."""
        return Scope(self.id.partition(".")[0])

    @property
    def verb(self) -> str:
        """Last part of the id."""
        return self.id.partition(".")[2]
