"""Extracts takes from the clips of a data set, in parallel and resumable.

Every clip gets a landmarker of its own, so a take does not depend on which clips a worker read before.
A take is written whole or not at all; a second run reads only the clips whose takes are missing or no longer right
(existing_takes.py), so that the takes become those of a first run.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.numbers import is_number
from landmarkers.plain_text import escape
from landmarkers.recording import RecordingUnreadable
from landmarkers.take import TAKE_SUFFIX, StoredTake
from trainer.data.clip_content import ClipStatus
from trainer.data.executor import Executor, WorkerLost
from trainer.data.existing_takes import UNUSED, Leftovers, State, is_changed, load_take, set_aside, state_of
from trainer.data.extraction_job import (
    ExtractionError,
    ExtractionJob,
    MadeTake,
    may_be_of,
    provenance_of,
    try_make_take,
)
from trainer.data.visibility import TakeVisibility
from trainer.targets import Kind, cannot_write, names_in

# The files that mark a folder of another kind.
_MARKS: Final = {"manifest.json": "a bundle", "run.json": "a run", "index.npz": "a store"}


def _find_foreign(folder: Path) -> str | None:
    marks = sorted(names_in(folder) & _MARKS.keys())
    return f"it holds {marks[0]}, as {_MARKS[marks[0]]} does" if marks else None


TAKES: Final = Kind("a folder of takes", _find_foreign)


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """The numbers of takes created and found existing, the unreadable clips, and the visibility of all takes.

    `skipped` are the entries of the data set that are no clips, `notes` sentences that say how the others were read.
    """

    created: int
    existing: int
    unreadable: tuple[str, ...]
    takes: tuple[TakeVisibility, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ExtractionFailed(UserError):
    """An extraction that cannot continue; the message gives the reason. Existing takes stay, and it can be resumed."""


def extract(jobs: Sequence[ExtractionJob], executor: Executor, leftovers: Leftovers | None = None) -> ExtractionReport:
    """Create the missing takes and correct those of clips that changed or moved.

    Leftovers whose clips are gone or changed are set aside. Unreadable clips are listed in the report, not raised.
    Raises ExtractionFailed, ExecutorUnavailable, NetworksUnavailable, LandmarkerUnavailable.
    """
    leftovers = leftovers or Leftovers()
    done = _Progress()
    pending = _scan(jobs, leftovers, done)
    prepare_folders({job.to.parent for job in pending})
    if pending:
        results = executor.run(try_make_take, pending)
        for job, result in tqdm(results, total=len(pending), desc="extract", unit="clip"):
            done.add(job, result)
    return done.report(leftovers, done.set_aside(leftovers))


def _scan(jobs: Sequence[ExtractionJob], leftovers: Leftovers, done: "_Progress") -> list[ExtractionJob]:
    """Correct takes that are right, and return the jobs of all others. Raises ExtractionFailed."""
    pending, by_size = [], leftovers.by_size()
    for job in tqdm(jobs, desc="scan", unit="take", leave=False):
        take = load_take(job.to)
        try:
            status = ClipStatus.of(job.clip.path)
            state = State.WRONG if take is None else state_of(job.to, take, job.clip, status, job.landmarker, job.parts)
            _check_dataset(job, take, status)
        except OSError:  # a clip that cannot be read; making its take says so
            pending.append(job)
            continue
        if take is not None and state is State.RIGHT:
            done.keep(job, take)
        elif take is not None and state is State.DOUBTFUL:
            pending.append(replace(job, candidates=(job.to,)))
        else:
            found = (
                tuple(path for path, one in by_size.get(status.size, ()) if may_be_of(one, job)) if take is None else ()
            )
            pending.append(replace(job, candidates=found))
    return pending


def _check_dataset(job: ExtractionJob, take: StoredTake | None, status: ClipStatus) -> None:
    """Raise ExtractionFailed if a take is of another data set's clip of the same name, OSError for no readable clip."""
    known = None if take is None else take.provenance.extraction
    if known is not None and known.dataset != job.dataset and is_changed(job.clip.path, status, known):
        raise of_another_data_set(job.to)


def of_another_data_set(take: Path) -> ExtractionFailed:
    """Return the refusal to replace the take of another data set's clip."""
    return ExtractionFailed(
        f"{escape(str(take))} is of a clip of the same name in another data set; name another folder with --to, or "
        "remove the takes first if this is a later state of the same data set"
    )


def prepare_folders(folders: set[Path]) -> None:
    """Create the folders of takes, and delete the partial files of runs that were killed while writing.

    Raises TargetRefused.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        for leftover in folder.glob(f".*{TAKE_SUFFIX}.*"):
            if is_number(leftover.suffix.removeprefix(".")):  # the process that wrote it, see Take.save
                leftover.unlink(missing_ok=True)


@dataclass(slots=True)
class _Progress:
    """The work that an extraction has done so far."""

    takes: list[TakeVisibility] = field(default_factory=list)
    created: int = 0
    unreadable: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    stale: list[Path] = field(default_factory=list)
    used: set[Path] = field(default_factory=set)

    def keep(self, job: ExtractionJob, take: StoredTake) -> None:
        """Keep a take that is right, and correct its provenance. Raises ExtractionFailed."""
        provenance = provenance_of(job, take.provenance.landmarker, take.provenance.extraction)
        corrected = replace(take, provenance=provenance)
        if provenance != take.provenance:
            try:
                corrected.save(job.to)
            except OSError as error:
                raise _cannot_create(job, error) from error
            self.corrected.append(job.clip.name)
        self.takes.append(TakeVisibility.of(corrected))

    def add(self, job: ExtractionJob, result: MadeTake | ExtractionError | WorkerLost) -> None:
        """Add the result of a job. Raises ExtractionFailed, NetworksUnavailable, LandmarkerUnavailable."""
        if isinstance(result, MadeTake):
            self.takes.append(result.take)
            self.created += result.source is None
            if result.source is not None and result.source != job.to:
                self.corrected.append(job.clip.name)
                self.used.add(result.source)
            elif result.source is None and job.to in job.candidates:
                self.changed.append(job.clip.name)
        elif isinstance(result, WorkerLost):
            self._add_unreadable(job, f"{escape(str(job.clip.path))} {result}")
        elif isinstance(result, RecordingUnreadable):
            self._add_unreadable(job, str(result))
        elif isinstance(result, OSError):
            raise _cannot_create(job, result) from result
        else:
            raise result

    def set_aside(self, leftovers: Leftovers) -> tuple[str, ...]:
        """Set the leftovers aside that are of no clip as it is now. Raises ExtractionFailed."""
        gone = [path for path in leftovers.gone if path not in self.used]
        wrong = [path for path, variant in leftovers.variants.items() if variant.is_wrong()]
        return set_all_aside([*gone, *wrong, *self.stale], self.used)

    def report(self, leftovers: Leftovers, aside: Sequence[str]) -> ExtractionReport:
        """Return what was done."""
        notes = (
            *_name_some(self.changed, "clips that changed, whose takes were made anew"),
            *_name_some(
                self.corrected, "clips that moved or have another sign, signer or split, as their takes now do"
            ),
            *aside,
            *_name_some(
                [path.name for path in leftovers.others],
                "takes of no clip in this data set, to be moved elsewhere unless they are of another data set",
            ),
        )
        return ExtractionReport(
            self.created,
            len(self.takes) - self.created,
            tuple(sorted(self.unreadable)),
            tuple(sorted(self.takes, key=_sort_key)),
            notes=notes,
        )

    def _add_unreadable(self, job: ExtractionJob, reason: str) -> None:
        """Add a clip that cannot be read, and set its take aside if that is known to be of other content."""
        self.unreadable.append(reason)
        take = load_take(job.to)
        known = None if take is None else take.provenance.extraction
        with suppress(OSError):  # then it is not known whether the content is another
            if known is not None and is_changed(job.clip.path, ClipStatus.of(job.clip.path), known):
                self.stale.append(job.to)


def _cannot_create(job: ExtractionJob, error: OSError) -> ExtractionFailed:
    return ExtractionFailed(
        f"the take of {job.clip.path} cannot be created: {error.strerror or error}; run the command again to resume"
    )


def set_all_aside(paths: Sequence[Path], moved: Iterable[Path] = ()) -> tuple[str, ...]:
    """Set takes aside, and return a sentence about them if there are any. Raises ExtractionFailed.

    The files of takes that `moved`, whose landmarks are in other files now, are removed.
    """
    try:
        for path in moved:
            path.unlink(missing_ok=True)
        for path in paths:
            set_aside(path)
    except OSError as error:
        raise ExtractionFailed(f"takes of clips that are gone or changed cannot be set aside: {error}") from error
    return _name_some([path.name for path in paths], f"takes of clips that are gone or changed, set aside as *{UNUSED}")


def _name_some(names: Sequence[str], what: str) -> tuple[str, ...]:
    """Return a sentence about some clips or takes, if there are any."""
    return (f"{what}: {len(names)}, for example {escape(', '.join(names[:3]))}",) if names else ()


def _sort_key(take: TakeVisibility) -> tuple[str, int]:
    return take.clip, take.variant
