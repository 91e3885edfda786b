"""The on-disk tree: names of files and folders, as pure path arithmetic on `str`.

<root>/
  models/                        the library; may be its own mount
    library.json                 marker: library id, format version
    models.db                    index (disposable)
    .staging/<op>/               work in progress; `<op>.json` manifest and `<op>.lock` beside it
    .downloads/<uid>/            what a download has so far, until it is in a model; parts for an import
    .trash/<op>/                 deleted models; `<op>.json` beside it
    .locks/library.lock mapping.lock <uid>.lock
    {model_type}/{family}/{cleaned_name}/
      metadata.json              the truth about this model
      overrides.json             version constraints, optional
  mappings/                      the user's mapping configs
  registry.db                    apps, links, journal, jobs (kept)
  runtime.db                     progress and runners (disposable)
"""

from dataclasses import dataclass

from pumas_tui.core.domain.ids import ModelId, ModelUid, OperationId

METADATA = "metadata.json"
OVERRIDES = "overrides.json"
MARKER = "library.json"
FORMAT_VERSION = 1
RESERVED_NAMES = frozenset({METADATA, OVERRIDES})
"""Names a model's own files must not take."""


@dataclass(frozen=True, slots=True)
class LibraryPaths:
    """Absolute paths of one library. `root` holds the databases unless `state` says otherwise."""

    root: str
    state: str | None = None  # local folder for the databases of a library on a network file system

    @property
    def models(self) -> str:
        return f"{self.root}/models"

    @property
    def marker(self) -> str:
        return f"{self.models}/{MARKER}"

    @property
    def staging(self) -> str:
        return f"{self.models}/.staging"

    @property
    def trash(self) -> str:
        return f"{self.models}/.trash"

    def download(self, uid: ModelUid) -> str:
        """Where a download of the model with this uid lies until it is committed."""
        return f"{self.models}/.downloads/{uid}"

    @property
    def locks(self) -> str:
        return f"{self.models}/.locks"

    @property
    def library_lock(self) -> str:
        return f"{self.locks}/library.lock"

    @property
    def mapping_lock(self) -> str:
        """Lock of whoever changes links, or moves models that links lead to."""
        return f"{self.locks}/mapping.lock"

    @property
    def index_db(self) -> str:
        return f"{self.state or self.models}/models.db"

    @property
    def registry_db(self) -> str:
        return f"{self.state or self.root}/registry.db"

    @property
    def runtime_db(self) -> str:
        return f"{self.state or self.root}/runtime.db"

    @property
    def mappings(self) -> str:
        return f"{self.root}/mappings"

    def model_dir(self, model_id: ModelId) -> str:
        """Directory of a model."""
        return f"{self.models}/{model_id}"

    def metadata(self, model_id: ModelId) -> str:
        """metadata.json of a model."""
        return f"{self.models}/{model_id}/{METADATA}"

    def model_lock(self, uid: ModelUid) -> str:
        """Lock file of a model; never inside its directory."""
        return f"{self.locks}/{uid}.lock"

    def staged(self, op: OperationId) -> str:
        """Staging directory of an operation; `.json` and `.lock` stand beside it."""
        return f"{self.staging}/{op}"
