"""Without this file a bridge that is not there, not ours or not allowed would all look like silence."""

import getpass
import grp
import os
import select
import termios
import time
from contextlib import suppress
from pathlib import Path

import serial

from gateway import beside, presence_tables, usb_ports
from gateway.config import Config
from gateway.doctor.finding import Finding, well, wrong
from gateway.errors import SetUpError
from gateway.presence_news import BRIDGE
from shared import framing

WAIT_S = 6.0  # a bridge says hello every 2 s; opening the port may have started its board anew
_READ_BYTES = 4_096
_KEPT_BYTES = 400
_SHOWN = 80
_READABLE = 12  # characters: shorter may be noise
_ABOUT = "bridge"


def look(config: Config, *, is_running: bool) -> Finding:
    """Whether a bridge answers at the configured port. A port that the running gateway holds is left to it."""
    port = config.serial.port
    there = [found.device for found in usb_ports.there(config.serial.avoid)]
    if port == "auto" and not there:
        return wrong(_ABOUT, "serial_none")
    if is_running:
        return _held(config, there)
    if port != "auto":
        return _try(port, config.serial.baud, there)
    tried = [_try(path, config.serial.baud, there) for path in there]
    return next((found for found in tried if found.level == "well"), tried[0])


def _held(config: Config, there: list[str]) -> Finding:
    """What the running gateway knows of its bridge: whether it has told that none says hello."""
    port = config.serial.port
    if port != "auto" and not Path(port).exists():
        return wrong(_ABOUT, "serial_missing", port=port, there=", ".join(there) or "-")
    with suppress(SetUpError), beside.opened(config.data_dir / beside.STORE_NAME) as db:  # else disk.py says why not
        if presence_tables.is_told(db, BRIDGE):
            return wrong(_ABOUT, "serial_unheard", port=port)
    return well(_ABOUT, "serial_in_use_by_us", port=port)


def _try(port: str, baud: int, there: list[str]) -> Finding:
    if not Path(port).exists():
        return wrong(_ABOUT, "serial_missing", port=port, there=", ".join(there) or "-")
    if not os.access(port, os.R_OK | os.W_OK, effective_ids=True):
        return wrong(_ABOUT, "serial_denied", port=port, group=_group(port), user=_user())
    try:
        line = serial.Serial(port, baud, timeout=0, exclusive=True)
    except (serial.SerialException, OSError, ValueError, termios.error) as fault:  # the last: pulled as it was opened
        text = str(fault)
        if "exclusively lock" in text or "busy" in text.lower():
            return wrong(_ABOUT, "serial_busy", port=port)
        return wrong(_ABOUT, "serial_not_one", port=port, text=text)
    try:
        return _listen(port, line)
    except OSError as fault:
        return wrong(_ABOUT, "serial_not_one", port=port, text=fault.strerror or str(fault))
    finally:
        line.close()


def _listen(port: str, line: serial.Serial) -> Finding:
    decoder = framing.Decoder()
    said = b""
    until_s = time.monotonic() + WAIT_S
    os.write(line.fileno(), framing.encode(framing.ASK_HELLO, b""))
    while (left_s := until_s - time.monotonic()) > 0:
        if not select.select([line.fileno()], [], [], left_s)[0]:
            break
        chunk = os.read(line.fileno(), _READ_BYTES)
        if not chunk:
            break
        said = (said + chunk)[-_KEPT_BYTES:]
        for kind, body in decoder.feed(chunk):
            if kind == framing.HELLO and body:
                return _greeted(port, body)
    text = " ".join("".join(chr(byte) if 32 <= byte < 127 else " " for byte in said).split())[-_SHOWN:]
    if len(text) >= _READABLE:
        return wrong(_ABOUT, "serial_wrong_firmware", port=port, said=text)
    return wrong(_ABOUT, "serial_silent", port=port, waited_s=round(WAIT_S))


def _greeted(port: str, body: bytes) -> Finding:
    if body[0] != framing.PROTOCOL_VERSION or len(body) < 5:
        return wrong(_ABOUT, "serial_wrong_version", port=port, theirs=body[0], ours=int(framing.PROTOCOL_VERSION))
    firmware = ".".join(str(part) for part in body[1:4])
    return well(_ABOUT, "serial_well", port=port, firmware=firmware, channel=body[4])


def _group(port: str) -> str:
    gid = Path(port).stat().st_gid
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
