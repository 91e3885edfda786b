"""What a person can do on the Health screen: rows of the registry in `domain.actions`."""

from pumas_tui.core.domain.action import Action

HEALTH = (
    Action(
        "health.show",
        "show",
        "shows a finding in full, with everything that can be done about it",
        "pumas-tui health",
        footer="show",
        priority=98,
    ),
    Action(
        "health.fix",
        "fix ...",
        "does what is shown for the marked findings, or for the one in front; asks first",
        "pumas-tui health --repair KIND",
        footer="fix",
        priority=97,
        writes=True,
        harmful=True,
    ),
    Action(
        "health.heal",
        "self-heal ...",
        "does all safe fixes after a look at them: nothing is removed, contents are proven",
        "pumas-tui health --repair all",
        footer="self-heal",
        priority=96,
        writes=True,
    ),
    Action(
        "health.open_model",
        "open the model",
        "goes to the model that a finding is about",
        "pumas-tui show MODEL",
        footer="open",
        priority=40,
    ),
    Action(
        "health.other_pane", "kinds or list", "gives the keys to the other list", footer="kinds", priority=35
    ),
    Action(
        "health.verify",
        "check contents ...",
        "reads the models' bytes and compares them with what was imported; of the marked, or all",
        "pumas-tui verify",
        footer="contents",
        priority=45,
        writes=True,
    ),
    Action(
        "health.check_again",
        "check again",
        "looks at library, links and apps again; esc stops it",
        "pumas-tui health",
        footer="check again",
        priority=50,
        instead_of="global.rescan",
    ),
    Action("health.copy", "copy ...", "copies the path of the row in front, or the last message"),
)
