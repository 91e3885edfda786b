"""The program's entry: answers `--version` at once, else asks the command line and starts what it says."""

import os
import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the call in `sys.argv`; returns the exit code."""
    if sys.argv[1:] == ["--version"]:
        from pumas_tui import __version__

        sys.stdout.write(f"pumas-tui {__version__}\n")
        return 0
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules were loading; later the command line handles it
        return _INTERRUPTED


def _run(arguments: list[str]) -> int:
    from pumas_tui.cli import main as command_line

    answer = command_line.main(arguments)
    if isinstance(answer, int):
        return answer

    from pumas_tui.tui import terminal

    terminal.prepare_environment(
        os.environ
    )  # Textual reads its settings from the environment while it is imported

    from pumas_tui.tui.app import run

    try:
        return run(
            answer.options,
            may_be_first=answer.may_be_first,
            ascii=answer.ascii,
            theme=answer.theme,
            mouse=answer.mouse,
        )
    except Exception as error:  # noqa: BLE001 - an entry point: the screen is gone, say why on stderr
        return command_line.ended_by(error)


if __name__ == "__main__":
    sys.exit(main())
