"""The program's own colours for terminals that show true colour; the others use the terminal's own."""

from textual.theme import Theme

PUMAS = Theme(
    name="pumas",
    dark=True,
    primary="#8ab4f8",
    secondary="#a8c7fa",
    accent="#f0b35a",
    warning="#f5c04a",
    error="#ff8a80",
    success="#8fd694",
    foreground="#e6e6e6",
    background="#14171c",
    surface="#1b1f26",
    panel="#242a33",
)
