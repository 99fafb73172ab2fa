"""Without this file nobody could ask which box holds a library with a known hole: the parts of a release, as CycloneDX.

What a gateway installs, read from its lock, with every hash and who needs whom; each board's firmware; MicroPython.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.flashing.image import Pin

_NAME = "tiexin"
_LICENCE = "Apache-2.0"
_SPACE = uuid.UUID("7d1f4a0e-6a55-5d0c-9a53-2b6f0c2f6a11")  # of our serial numbers; once drawn, never changed


@dataclass
class Locked:
    """One package of a lock."""

    name: str
    version: str
    marker: str = ""
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)  # "": our own list


def locked(text: str) -> list[Locked]:
    """The packages of a file that `make locks` has written."""
    found: list[Locked] = []
    for line in text.splitlines():
        if head := re.match(r"([A-Za-z0-9][\w.-]*)==([^\s;]+)(?: ; ([^\\]+))?", line):
            found.append(Locked(head[1], head[2], (head[3] or "").strip()))
        elif said := re.match(r"    --hash=sha256:([0-9a-f]{64})", line):
            found[-1].hashes.append(said[1])
        elif said := re.match(r"    # (?:via |  )(-r )?([\w./-]+)$", line):
            found[-1].needed_by.append("" if said[1] else said[2])
    return found


def sbom(version: str, lock: str, released: Sequence[Path], pins: Sequence[Pin], built_s: int) -> str:
    """The parts of a release as one JSON text; the same text for the same parts."""
    root = _ours(ComponentType.APPLICATION, _NAME, version)
    packages = {package.name: (package, _package(package)) for package in locked(lock)}
    wheel, *others = [_file(path, version) for path in released]
    images = [_image(pin) for pin in pins]
    bom = Bom(
        components=[wheel, *others, *images, *(component for _, component in packages.values())],
        metadata=BomMetaData(component=root, timestamp=dt.datetime.fromtimestamp(built_s, dt.UTC)),
        serial_number=uuid.uuid5(_SPACE, "".join(sha256(path.read_bytes()).hexdigest() for path in released)),
    )
    bom.register_dependency(root, [wheel, *others])
    for package, component in packages.values():
        for above in package.needed_by:
            bom.register_dependency(packages[above][1] if above else wheel, [component])
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _ours(kind: ComponentType, name: str, version: str, hashes: Sequence[HashType] = ()) -> Component:
    licence = LicenseFactory().make_from_string(_LICENCE)
    return Component(type=kind, name=name, version=version, bom_ref=name, hashes=hashes, licenses=[licence])


def _file(path: Path, version: str) -> Component:
    kind = ComponentType.FIRMWARE if path.suffix == ".zip" else ComponentType.APPLICATION
    return _ours(kind, path.name, version, [_sha256(sha256(path.read_bytes()).hexdigest())])


def _image(pin: Pin) -> Component:
    return Component(
        type=ComponentType.FIRMWARE, name=pin.file, version=pin.version, bom_ref=pin.file, hashes=[_sha256(pin.sha256)],
        licenses=[LicenseFactory().make_from_string("MIT")],
        external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(pin.url))],
    )  # fmt: skip


def _package(package: Locked) -> Component:
    purl = PackageURL("pypi", None, package.name, package.version)
    # A package comes in a file for each machine; which of them a box takes is not known here.
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        hashes=[_sha256(digest) for digest in package.hashes],
    )
    return Component(
        name=package.name, version=package.version, bom_ref=str(purl), purl=purl, external_references=[files],
        licenses=list(_licence(package)),
        properties=[Property(name="tiexin:marker", value=package.marker)] if package.marker else [],
    )  # fmt: skip


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _licence(package: Locked) -> Iterator[License]:
    """As the installed package says; not of one that only some Pythons install, or the list would depend on ours."""
    if "python_" in package.marker:
        return
    said = metadata.metadata(package.name).json
    if said["version"] != package.version:
        raise SystemExit(f"{package.name} {said['version']} is installed, not the locked one: make setup")
    classified = [text.split(" :: ")[-1] for text in said.get("classifier", ()) if text.startswith("License :: ")]
    for text in [said.get("license_expression"), said.get("license"), *classified]:
        if text:
            yield LicenseFactory().make_from_string(str(text))
            return
