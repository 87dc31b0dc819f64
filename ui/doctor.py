"""`pincite doctor`: what is in the index, whether it is today's, and what on this machine wants mending.

`examine` looks and changes nothing; neither torch nor a model is loaded, and no document is opened. Each finding is a fault,
which something should be done about, or a note. What it knowingly ignores: whether answers are right (`pincite eval`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.encoders import check_bundled, count_cores
from index.errors import EncoderError, PinciteError
from index.export import check_export, export_name, needs_reduced_range
from index.graphics import name_device
from index.locations import ENCODERS, default_index_dir
from index.multilingual import MODEL_SHA256 as MULTILINGUAL_SHA256
from index.multilingual import check_multilingual, multilingual_name
from rag.settings import Settings, name_encoder
from ui.examination import Examination
from ui.index_findings import look_at_index, look_at_place
from ui.network import name_hosts
from ui.versions import compare_versions

if TYPE_CHECKING:
    from pathlib import Path


def examine(corpus: Path | None = None, index_dir: Path | None = None, *, verify: bool = False) -> Examination:
    """Look at a folder, its index and this machine.

    Args:
        corpus: Folder of documents; None is the one that is set.
        index_dir: Where its index is kept; None is the default place.
        verify: Compare every file of the index and the encoder with its hash, too.
    """
    seen = Examination()
    settings = _read_settings(seen)
    folder = (corpus or settings.corpus).expanduser()
    place = (index_dir or default_index_dir(folder)).expanduser()
    seen.facts |= {"documents": str(folder), "index": str(place)}
    seen.record |= {"corpus": str(folder), "index_dir": str(place)}
    building = look_at_place(seen, place, [("--corpus", corpus), ("--index-dir", index_dir)])
    look_at_index(seen, folder, place, settings, building, verify=verify)
    _look_at_encoder(seen, settings, verify=verify)
    _look_at_machine(seen, settings)
    return seen


def _read_settings(seen: Examination) -> Settings:
    try:
        return Settings.from_environment()
    except PinciteError as error:
        seen.fault(error, "unset what should not be set: unset NAME")
        return Settings.from_environment({})


def _look_at_encoder(seen: Examination, settings: Settings, *, verify: bool) -> None:
    seen.facts["encoder"] = name_encoder(settings.encoder)
    seen.record["encoder"] = seen.facts["encoder"]
    if settings.encoder not in {"onnx", "multilingual", "reference"}:
        return
    try:
        if settings.encoder == "multilingual":
            check_multilingual()
            seen.facts["model"] = "the file that was tested, by its SHA-256"
            check_export(ENCODERS / multilingual_name(), sha256=MULTILINGUAL_SHA256, hashes=verify)
            return
        check_bundled()
        seen.facts["model"] = "the published file, by its SHA-256"
        if settings.encoder == "onnx":
            check_export(ENCODERS / export_name(), hashes=verify)
    except EncoderError as error:
        seen.fault(error, "" if settings.encoder == "multilingual" else "make install")


def _look_at_machine(seen: Examination, settings: Settings) -> None:
    reduced = needs_reduced_range()
    seen.facts["machine"] = f"{count_cores()} cores, 8-bit products {'without VNNI: a range of 7 bits is used' if reduced else 'exact'}"
    device = name_device() if settings.encoder == "onnx" else "the processor (a card is for the bundled encoder in int8)"
    seen.facts["large builds"] = f"encoded by {device}"
    seen.record["machine"] = {"cores": count_cores(), "reduced_range": reduced, "large_builds": device}
    hosts = name_hosts(settings)
    seen.facts["network"] = "; ".join(f"{host}: {why}" for host, why in hosts.items()) or "needed for nothing"
    seen.record["network"] = hosts
    versions = compare_versions()
    seen.facts["packages"] = ", ".join(f"{each.name} {each.installed or 'missing'}" for each in versions)
    seen.record["packages"] = {each.name: each.installed for each in versions}
    for each in versions:
        if each.installed is None:
            seen.fault(f"the package {each.name} is missing", "make install")
        elif each.tested and each.installed != each.tested:
            seen.note(
                f"{each.name} is {each.installed}; tested with {each.tested}",
                f"if something is odd: pip install {each.name}=={each.tested}",
            )
