"""Without this module esptool would find nobody: the ROM loader of one virtual chip, its own MAC, its own flash.

The protocol is that of PyPI's esp32-mock-bootloader; what it shares between all chips of a process (MAC, flash, chip
type) is given to each chip here. Bytes go in and out through a socket pair.
"""

import contextlib
import socket
import threading
import time
import zlib

from esp32_mock_bootloader import protocol, registers, server

SYNC = b"\xc0\x00\x08\x24\x00"  # SLIP END, request, command SYNC, 36 bytes: how esptool says hello
_COMMAND_AT = 2  # in an answer: behind SLIP END and the direction
_ESP32_PACKAGE_WORD = 0x3FF5A00C  # EFUSE_BLK0 word 3: which package the chip came in
_PACKAGES = {"ESP32-PICO-V3-02": 6 << 9}
_FACTS = threading.local()


class ChipFlash(server.FlashImage):
    """4 MB of NOR flash as the loader sees it; on_erase() is told when all of it is erased."""

    def __init__(self, on_erase):
        super().__init__()
        self._on_erase = on_erase
        self.writes_until_fault = None  # an unplugged cable, a worn-out cell: after so many blocks it fails
        self.on_fault = None

    def write_defl_block(self, payload):
        """The same as the original, a slice at a time."""
        self._count()
        if self._decompressor is not None:
            length = int.from_bytes(payload[:4], "little")
            try:
                data = self._decompressor.decompress(payload[16 : 16 + length])
            except zlib.error:
                return
            self.data[self._defl_offset : self._defl_offset + len(data)] = data
            self._defl_offset += len(data)

    def write_plain_block(self, payload):
        """The same as the original, a slice at a time."""
        self._count()
        length = int.from_bytes(payload[:4], "little")
        self.data[self._plain_offset : self._plain_offset + length] = payload[16 : 16 + length]
        self._plain_offset += length

    def erase_all(self):
        """Every byte becomes 0xFF; the file system goes with it."""
        super().erase_all()
        self._on_erase()

    def _count(self):
        if self.writes_until_fault is None:
            return
        self.writes_until_fault -= 1
        if self.writes_until_fault < 0:
            self.writes_until_fault = None
            self.on_fault()


class _Session(server.ChipSession):
    """A session that knows whose chip it is: the original gives every chip of a kind the same MAC."""

    def __init__(self, chip_mode):
        super().__init__(chip_mode)
        self.registers.update(_FACTS.registers)


server.ChipSession = _Session


class RomLoader:
    """The loader of one chip. feed(bytes) from the host; on_bytes(bytes) to the host. start() and stop() at will."""

    def __init__(self, chip, mac, flash, on_bytes):
        self._chip = chip
        kind = "esp32c3" if chip == "ESP32-C3" else "esp32"
        self._kind = kind
        self._registers = dict(registers._mac_registers(kind, tuple(mac)))  # noqa: SLF001 - it has no other door
        if chip in _PACKAGES:
            self._registers[_ESP32_PACKAGE_WORD] = _PACKAGES[chip]
        self.flash = flash
        self._on_bytes = on_bytes
        self.pauses_s = {}  # {command: s} before its answer: a computer that has much to do
        self._ours = None
        self._gate = threading.Lock()
        self._threads = []

    def start(self):
        """Be in the loader."""
        self._ours, theirs = socket.socketpair()
        stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, args=(theirs, stop), name="rom", daemon=True),
            threading.Thread(target=self._forward, args=(self._ours,), name="rom-out", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Leave it: a reset."""
        with self._gate:
            ours, self._ours = self._ours, None
        if ours is not None:
            with contextlib.suppress(OSError):
                ours.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                if thread is not threading.current_thread():
                    thread.join()
            ours.close()

    def feed(self, data):
        """Bytes of the host."""
        with contextlib.suppress(OSError, AttributeError):
            self._ours.sendall(data)

    def _serve(self, sock, stop):
        _FACTS.registers = self._registers
        server.handle_client(
            server.BootloaderConnection(sock=sock), stop, self._kind, exit_on_disconnect=True, flash=self.flash
        )

    def _forward(self, ours):
        while True:
            try:
                data = ours.recv(4096)
            except OSError:
                return
            if not data:
                return
            time.sleep(self.pauses_s.get(data[_COMMAND_AT], 0) if len(data) > _COMMAND_AT else 0)
            self._on_bytes(data)


assert protocol.FLASH_MOCK_SIZE == 4 * 1024 * 1024  # what docs/install.md says of the virtual board
