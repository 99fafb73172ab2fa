"""What goes onto a board: without this list a forgotten file would be noticed at a wearer's home.

Paths from the root of the project. On the board they keep their folders, but firmware/main.py becomes main.py. What is
not named here does not reach a board, be it real or virtual.
"""

# On every board.
EVERY = (
    "firmware/main.py",
    "firmware/config.py",
    "firmware/fixed.py",
    "firmware/identity.py",
    "firmware/logring.py",
    "firmware/radio.py",
    "firmware/selftest.py",
    "firmware/start.py",
    "shared/compat.py",
    "shared/crc.py",
    "shared/words.py",
)

ROLES = {
    "pendant": (
        "firmware/drivers/battery.py",
        "firmware/drivers/feedback.py",
        "firmware/pendant/alarm.py",
        "firmware/pendant/button.py",
        "firmware/pendant/channels.py",
        "firmware/pendant/commands.py",
        "firmware/pendant/delivery.py",
        "firmware/pendant/feelings.py",
        "firmware/pendant/forests.py",
        "firmware/pendant/journal.py",
        "firmware/pendant/link.py",
        "firmware/pendant/memory.py",
        "firmware/pendant/motion.py",
        "firmware/pendant/motion_window.py",
        "firmware/pendant/outbox.py",
        "firmware/pendant/run.py",
        "firmware/pendant/senses.py",
        "firmware/pendant/supervisor.py",
        "firmware/pendant/wake.py",
        "shared/ccm.py",
        "shared/fall.py",
        "shared/fall_carry.py",
        "shared/fall_forest.py",
        "shared/fall_second.py",
        "shared/fall_wear.py",
        "shared/fall_window.py",
        "shared/forest.bin",  # made from shared/forest.py, see tools/forest_file.py
        "shared/frames.py",
        "shared/waves.py",
    ),
    "bridge": (
        "firmware/bridge/relay.py",
        "firmware/bridge/run.py",
        "firmware/bridge/turns.py",
        "shared/bundle.py",
        "shared/framing.py",
        "shared/known.py",
    ),
}

# What a board needs besides the files of its role.
BOARDS = {
    "m5stickc_plus2": ("firmware/boards/m5stickc_plus2.py", "firmware/drivers/mpu6886.py"),
    "xiao_c3": ("firmware/boards/xiao_c3.py", "firmware/drivers/lsm6dso.py"),
    "bridge_esp32": ("firmware/boards/bridge_esp32.py",),
}
