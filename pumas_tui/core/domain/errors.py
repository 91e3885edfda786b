"""The error tree. Adapters translate system errors into these at their edge; front ends print them.

    PumasError                    exit code, code for --json
    ├── UsageError                2   wrong_usage
    ├── NotFoundError             3   not_found
    ├── AmbiguousError            3   ambiguous       carries the choices
    ├── DecisionNeededError       4   decision_needed
    │   ├── ChangedMeanwhileError 4   changed_meanwhile   somebody else changed what was to be overwritten
    │   ├── StalePlanError        4   stale_plan      made for another library, host, app folder or rule set
    │   └── RemovalNotConfirmedError 4 confirm_removal   so many links would go that the list is looked at
    ├── RefusedError              5   refused         a source that must not be imported, with the reason
    ├── SourceChangedError        5   source_changed  a source changed while it was read
    ├── DiskError                 6   disk            carries path, errno name, what was being done
    │   └── DiskFullError         6   disk_full       carries the bytes that are missing
    ├── LibraryNotFoundError      6   no_library
    ├── NetworkError              7   network         no answer, or one that cannot be used
    │   ├── OfflineError          7   offline         nothing is asked: by setting, or until `retry_at`
    │   ├── RateLimitedError      7   rate_limited    the server grants no call before `retry_at`
    │   ├── NotAllowedError       7   not_allowed     the server wants a token, or a licence accepted there
    │   └── WaitsForNetworkError  7   waits_for_network   a job that goes on once the network is back
    ├── BusyError                 8   busy            carries who holds the lock
    ├── NewerLibraryError         9   newer_library
    ├── DamagedError              1   damaged         one of our own files cannot be read
    └── CancelledError            130 cancelled       the user asked to stop

Every message is one line: what, which path, what to do. Messages may hold outside strings: whoever prints
passes them through `text.safe`.
"""

from dataclasses import dataclass


class PumasError(Exception):
    """Base of all expected failures."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint


class UsageError(PumasError):
    """The call cannot be understood."""

    code = "wrong_usage"
    exit_code = 2


class NotFoundError(PumasError):
    """Nothing by that name."""

    code = "not_found"
    exit_code = 3


class AmbiguousError(PumasError):
    """Several things by that name."""

    code = "ambiguous"
    exit_code = 3

    def __init__(self, message: str, choices: tuple[str, ...]) -> None:
        super().__init__(message)
        self.choices = choices


class DecisionNeededError(PumasError):
    """Somebody must decide first."""

    code = "decision_needed"
    exit_code = 4


class ChangedMeanwhileError(DecisionNeededError):
    """Somebody else changed what was to be overwritten; nothing was written."""

    code = "changed_meanwhile"


class StalePlanError(DecisionNeededError):
    """The plan is for another library, host, app folder or rule set; plan again."""

    code = "stale_plan"


class RemovalNotConfirmedError(DecisionNeededError):
    """So many links would go that the list must be confirmed first."""

    code = "confirm_removal"


class RefusedError(PumasError):
    """The source must not be imported, and why."""

    code = "refused"
    exit_code = 5


class SourceChangedError(PumasError):
    """The source changed while it was read; nothing of it is kept."""

    code = "source_changed"
    exit_code = 5


class DiskError(PumasError):
    """A disk call failed."""

    code = "disk"
    exit_code = 6

    def __init__(self, message: str, *, path: str | None, errno_name: str, hint: str | None = None) -> None:
        super().__init__(message, path=path, hint=hint)
        self.errno_name = errno_name


class DiskFullError(DiskError):
    """No space, quota or inodes left. `kept_bytes` of what was written are kept to go on after."""

    code = "disk_full"

    def __init__(
        self,
        message: str,
        *,
        path: str | None,
        errno_name: str = "ENOSPC",
        missing_bytes: int = 0,
        kept_bytes: int = 0,
    ):
        super().__init__(message, path=path, errno_name=errno_name, hint="free space, then retry")
        self.missing_bytes = missing_bytes
        self.kept_bytes = kept_bytes


class LibraryNotFoundError(PumasError):
    """No library at the place asked for."""

    code = "no_library"
    exit_code = 6


class NetworkError(PumasError):
    """No answer from a server, or one that cannot be used. `retry_at`: epoch seconds, None: any time."""

    code = "network"
    exit_code = 7

    def __init__(
        self, message: str, *, path: str | None = None, hint: str | None = None, retry_at: float | None = None
    ) -> None:
        super().__init__(message, path=path, hint=hint)
        self.retry_at = retry_at


class OfflineError(NetworkError):
    """Nothing is asked now: the network is switched off, or calls failed just before."""

    code = "offline"


class RateLimitedError(NetworkError):
    """The server grants no call before `retry_at`."""

    code = "rate_limited"


class NotAllowedError(NetworkError):
    """The server gives this only to somebody who may have it."""

    code = "not_allowed"


class WaitsForNetworkError(NetworkError):
    """A job cannot go on now, and does so by itself once the network is back."""

    code = "waits_for_network"


class BusyError(PumasError):
    """Another process holds a lock."""

    code = "busy"
    exit_code = 8


class NewerLibraryError(PumasError):
    """Made by a newer version; this one must not write."""

    code = "newer_library"
    exit_code = 9


class DamagedError(PumasError):
    """One of the library's own files cannot be read as what it should be."""

    code = "damaged"


class CancelledError(PumasError):
    """The user asked to stop."""

    code = "cancelled"
    exit_code = 130


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a value beside its item: one line of a batch, a warning, a finding's evidence."""

    code: str
    message: str
    path: str | None = None
    hint: str | None = None


def trouble(error: PumasError) -> Trouble:
    """The value form of an error."""
    return Trouble(error.code, error.message, error.path, error.hint)


_EXIT_RANK = (130, 1, 9, 8, 6, 7, 5, 4, 3, 2)


def worst_exit_code(codes: list[int]) -> int:
    """Of several exit codes the one that counts (130 1 9 8 6 7 5 4 3 2, else 0)."""
    return next((code for code in _EXIT_RANK if code in codes), 0)
