"""A screen whose models can be looked up on the Hub, and whose search can go on there."""

from collections.abc import Sequence

from textual.message import Message

from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.tui.widgets.browser import Browser
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.search_line import SearchLine


class LookupWanted(Message):
    """These models are to be looked up."""

    def __init__(self, uids: Sequence[ModelUid]) -> None:
        super().__init__()
        self.uids = uids


class HubWanted(Message):
    """The Hub is to be searched for this; empty: ask for words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class AsksTheHub(FramedScreen):
    """Subclasses have a search line and a browser."""

    line: SearchLine
    browser: Browser

    def action_look_up(self) -> None:
        if chosen := self.browser.rows.chosen():
            self.post_message(LookupWanted([row.uid for row in chosen]))

    def action_search_hub(self) -> None:
        self.post_message(HubWanted(self.line.text))
