"""The journal on a real littlefs that loses its power, inside the VM."""

import os
import random

import vfs

from firmware.pendant.journal import Entry, Journal
from firmware.pendant.memory import read_boot, write_boot

_BLOCK_BYTES = 4_096
_BLOCKS = 32
_CUTS = 1_000


class PowerCut(Exception):
    """The cell has fallen out in the middle of a write."""


class Chip:
    """What a flash chip remembers: its bytes, and how often each was worn."""

    def __init__(self):
        self.bytes = bytearray(b"\xff" * (_BLOCKS * _BLOCK_BYTES))
        self.written_bytes = 0
        self.erasures = 0


class Device:
    """The chip while it has power. After ``writes_left`` writes or erasures the power goes in the middle of one."""

    def __init__(self, chip, writes_left=-1, dice=None):
        self._chip = chip
        self._writes_left = writes_left
        self._dice = dice
        self.is_dead = False

    def readblocks(self, block, buf, offset=0):
        if self.is_dead:
            return -5
        at = block * _BLOCK_BYTES + offset
        buf[:] = self._chip.bytes[at : at + len(buf)]
        return 0

    def writeblocks(self, block, buf, offset=0):
        if self.is_dead:
            return -5  # a file closed by the collector, in which nothing may allocate
        self._change(block * _BLOCK_BYTES + offset, bytes(buf))
        self._chip.written_bytes += len(buf)
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return _BLOCK_BYTES
        if op == 6 and self.is_dead:
            return -5
        if op == 6:
            self._change(arg * _BLOCK_BYTES, b"\xff" * _BLOCK_BYTES)
            self._chip.erasures += 1
        return 0

    def check(self):
        """What comes after a cut does not happen."""
        if self.is_dead:
            raise PowerCut

    def _change(self, at, data):
        if self._writes_left == 0:
            self.is_dead = True
            done = self._dice.randrange(len(data) + 1)
            self._chip.bytes[at : at + done] = data[:done]
            raise PowerCut
        self._writes_left -= 1
        self._chip.bytes[at : at + len(data)] = data


def mounted(device):
    """Mount it as the current directory."""
    try:
        vfs.umount("/cell")
    except OSError:
        device.is_dead = False  # nothing was mounted yet
    vfs.mount(vfs.VfsLfs2(device), "/cell")
    os.chdir("/cell")


def entry(boot, seq):
    """An event that says its own name in every field."""
    return Entry(boot, seq, 1 + seq % 5, seq * 7 & 0xFFFF, seq & 0xFF, (boot, seq), boot, seq * 1_000)


def test_no_alarm_is_lost_in_a_thousand_power_cuts():
    """Whatever was on flash once comes back until it is acknowledged; nothing else ever does; it always mounts."""
    chip = Chip()
    vfs.VfsLfs2.mkfs(Device(chip))
    sure = {}  # id -> True: recorded and not acknowledged. False: the power went while it was recorded or acknowledged
    most = {}
    cuts = 0
    used_boot = 0
    while cuts < _CUTS:
        random.seed(cuts)
        device = Device(chip, random.randrange(40), random)
        try:
            mounted(device)
            boot = read_boot() + 1
            assert boot > used_boot, (cuts, boot, used_boot)
            write_boot(boot)
            device.check()
            used_boot = boot  # from here on frames may carry it
            journal = Journal()
            device.check()
            there = {kept.id: kept for kept in journal.owed()}
            for known, is_sure in sure.items():
                assert known in there or not is_sure, (cuts, known)
            for known, kept in there.items():
                assert known in sure, (cuts, "rubbish", known)
                again = entry(kept.boot, kept.seq)
                for name in ("code", "delay_ms", "arg", "ref", "epoch", "born_ms"):
                    assert getattr(kept, name) == getattr(again, name)
            sure = dict.fromkeys(there, True)
            for seq in range(1, 30):
                if len(journal) and random.random() < 0.55:
                    gone = next(journal.owed()).id
                    sure[gone] = False
                    journal.done(gone[0], gone[1])
                    device.check()
                    del sure[gone]
                else:
                    new = entry(boot, seq)
                    sure[new.id] = False
                    is_safe = journal.add(new)
                    device.check()  # without power nobody reads what add() says
                    assert is_safe
                    sure[new.id] = True
        except (PowerCut, OSError):
            assert device.is_dead
            cuts += 1
            most[len(sure)] = 1
    assert max(most) > 5


def test_the_wear_of_an_event():
    """Figures for docs/performance.md; the bound is what the estimate of the years rests on."""
    chip = Chip()
    vfs.VfsLfs2.mkfs(Device(chip))
    mounted(Device(chip))
    journal = Journal()
    chip.written_bytes = chip.erasures = 0
    for seq in range(1, 1_001):
        journal.add(entry(1, seq))
        journal.done(1, seq)
    print("per event, told and acknowledged:", chip.written_bytes / 1_000, "bytes,", chip.erasures / 1_000, "erasures")
    assert chip.erasures < 4_000


def test_a_full_flash_is_said_and_not_raised():
    """An event that does not fit stays in RAM: add() says False. When there is room again all of them go there."""
    chip = Chip()
    vfs.VfsLfs2.mkfs(Device(chip))
    mounted(Device(chip))
    full = 0
    while full < 40:  # bit by bit, until not a record more finds room
        try:
            with open("ballast{}".format(full), "ab") as file:
                file.write(bytes(64))
        except OSError:
            full += 1
    journal = Journal()
    said = [journal.add(entry(1, seq)) for seq in range(1, 46)]
    assert False in said, said
    assert len(journal) == 45
    assert not journal.is_safe
    os.remove("ballast0")
    assert journal.add(entry(1, 46))
    assert journal.is_safe
    assert [kept.seq for kept in Journal().owed()] == list(range(1, 47))
