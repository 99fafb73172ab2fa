# ruff: noqa: RUF001, ISC004, E501 - Chinese has its own punctuation, and a sentence is not cut for its length
"""Without this file the tool would speak one language: every sentence an installer can meet, in Chinese and English.

A pair is (Chinese, English). What goes wrong says what, where and what to do.
"""

TEXTS: dict[str, tuple[str, str]] = {
    # ---- what can go wrong
    "no_board": (
        "没有找到板子。请用能传数据的 USB 线插上板子；XIAO 处于深度睡眠时请按一下按钮，或按住 BOOT 再插线。",
        "No board was found. Plug one in with a USB cable that carries data; wake a sleeping XIAO by its button, or hold "
        "BOOT while you plug it in.",
    ),
    "which_port": (
        "找到多块板子：{ports}。请用 PORT=… 指定一块，或用 PORTS=all 全部烧录。",
        "There are several boards: {ports}. Name one with PORT=..., or take all with PORTS=all.",
    ),
    "port_gone": (
        "端口 {port} 不存在。请检查插头，再试一次。",
        "There is no port {port}. Check the plug and try again.",
    ),
    "port_denied": (
        "没有权限打开 {port}。它属于用户组 {group}：运行 sudo usermod -aG {group} $USER，然后重新登录。",
        "You may not open {port}. It belongs to the group {group}: run sudo usermod -aG {group} $USER, and log in again.",
    ),
    "port_none": (
        "{port} 不是串口。板子的串口一般是 /dev/ttyUSB0 或 /dev/ttyACM0；只插一块板子时可以不写 PORT=。",
        "{port} is no serial port. A board's is /dev/ttyUSB0, /dev/ttyACM0 or the like; with one board, leave PORT= out.",
    ),
    "port_busy": (
        "{port} 正被另一个程序使用（串口监视器、网关、ModemManager？）。请关闭它，再试一次。",
        "{port} is in use by another program (a serial monitor, the gateway, ModemManager?). Close it and try again.",
    ),
    "chip_unknown": (
        "{port} 上的芯片是 {chip}，这里只支持 ESP32 和 ESP32-C3。请换一块板子。",
        "The chip at {port} is {chip}; only ESP32 and ESP32-C3 are supported. Take another board.",
    ),
    "chip_wrong": (
        "{port} 上的芯片是 {chip}，但板型 {board} 需要 {wanted}。请换板子，或改正 BOARD=。",
        "The chip at {port} is {chip}, but the board {board} has {wanted}. Take another board, or correct BOARD=.",
    ),
    "board_role": (
        "{port}：板型 {board} 用作 {wanted}，不能作为 {role}。请加 ROLE={wanted}，或改正 BOARD=。",
        "{port}: the board {board} is for a {wanted}, not for a {role}. Say ROLE={wanted}, or correct BOARD=.",
    ),
    "board_unknown": (
        "只凭芯片（{chip}）认不出 {port} 上的板型。请用 BOARD=… 说明：{boards}。",
        "The chip ({chip}) does not tell which board is at {port}. Say it with BOARD=...: {boards}.",
    ),
    "not_ours": (
        "{port} 上的板子没有贴心的身份。请先运行 make flash。",
        "The board at {port} has no identity of Tiexin. Run make flash first.",
    ),
    "other_role": (
        "{port} 上的板子已经是 {role}（{board}）。如要改作他用，请加 ERASE=1 先清除。",
        "The board at {port} is a {role} ({board}) already. To make something else of it, erase it first: ERASE=1.",
    ),
    "image_missing": (
        "没有 MicroPython 映像 {file}，也无法联网下载。请在有网络的电脑上下载 {url}，再用 IMAGE=文件 指定。",
        "The MicroPython image {file} is not here and cannot be downloaded. Get {url} on a computer with internet, and "
        "name it with IMAGE=file.",
    ),
    "image_wrong": (
        "{path} 不是固定的 MicroPython {version} 映像（SHA-256 是 {found}，应为 {wanted}）。请删除它并重新下载。",
        "{path} is not the pinned image of MicroPython {version} (its SHA-256 is {found}, not {wanted}). Delete it and "
        "download it again.",
    ),
    "image_download": (
        "下载 {url} 失败（{why}）。请检查网络，或用 IMAGE=文件 指定已下载的映像。",
        "Downloading {url} failed ({why}). Check the network, or name a downloaded image with IMAGE=file.",
    ),
    "bundle_missing": (
        "没有唯一的 {path}（找到 {count} 个）。请用 BUNDLE= 指定发布文件夹，或其中一个 zip 文件。",
        "There is not one {path} (found: {count}). Name the folder of a release, or one zip file of it, with BUNDLE=.",
    ),
    "bundle_wrong": (
        "{path} 不是发布时的文件（{why}）。请连同 SHA256SUMS 重新复制整个发布文件夹。",
        "{path} is not the file that was released ({why}). Copy the release anew, with its SHA256SUMS.",
    ),
    "bundle_other": (
        "{path} 是给 {has} 的，而这块板子是 {wanted}。请用 BUNDLE= 指定发布文件夹，或换板子。",
        "{path} is for a {has}, and this board is a {wanted}. Name the folder of the release with BUNDLE=, or take "
        "another board.",
    ),
    "no_answer": (
        "{port} 上的芯片没有应答。可能是只能充电的线：换一根能传数据的 USB 线；否则按住 BOOT（M5：断电后重插）再试。",
        "The chip at {port} does not answer. The cable may be for charging only: take one that carries data; else hold "
        "BOOT while you plug it in (M5: unplug and plug again), and try again.",
    ),
    "bad_cable": (
        "{port} 上的数据有错（{why}）。请换一根短的 USB 线，不经集线器，或用 BAUD=115200 再试。",
        "Data from {port} is damaged ({why}). Try a short USB cable, no hub, or BAUD=115200.",
    ),
    "unplugged": (
        "{port} 在“{step}”时断开了。板子尚未完成：重新插好，再烧录一次。",
        '{port} was lost during "{step}". The board is not finished: plug it in again and flash it once more.',
    ),
    "timeout": (
        "{port} 在“{step}”时没有按时完成。请拔下重插，再烧录一次。",
        '{port} took too long during "{step}". Unplug it, plug it in again and flash it once more.',
    ),
    "flash_bad": (
        "写入 {port} 的内容读回来不一样。再试一次；再次失败，这块板子的闪存坏了。",
        "What was written to {port} reads back differently. Try once more; if it fails again, its flash is worn out.",
    ),
    "flash_full": (
        "{port} 的闪存满了，放不下 {path}。请用 make flash（不是 UPDATE）重新烧录。",
        "The flash of {port} is full; {path} has no place. Flash it anew with make flash (not UPDATE).",
    ),
    "no_repl": (
        "{port} 上的 MicroPython 没有应答。请拔下重插；再失败就用 make flash 重新烧录。",
        "MicroPython at {port} does not answer. Unplug it and plug it in again; if that does not help, flash it anew.",
    ),
    "copy_wrong": (
        "{port} 上的文件 {path} 与应有内容不同。请再烧录一次。",
        "The file {path} on {port} is not what was sent. Flash it once more.",
    ),
    "does_not_start": (
        "{port} 上的固件没有启动：{why}。旧版本仍在使用。",
        "The firmware at {port} does not start: {why}. The version before stays in use.",
    ),
    "esptool": ("esptool 对 {port} 说：{why}。请再试一次。", "esptool says of {port}: {why}. Try once more."),
    "board_says": (
        "{port} 上的板子报告：{why}。请再烧录一次。",
        "The board at {port} reports: {why}. Flash it once more.",
    ),
    "manifest": ("{why}", "{why}"),
    "clock": (
        "这台电脑的时钟不对（{now}）。请先校准时间：启动编号从它算起。",
        "The clock of this computer is wrong ({now}). Set it first: the boot numbers begin with it.",
    ),
    "different": (
        "{port} 上的板子与应有内容不同：{what}。请运行 make flash UPDATE=1。",
        "The board at {port} is not what it should be: {what}. Run make flash UPDATE=1.",
    ),
    "self_test": (
        "{port} 的自检没有通过：{what}。请检查焊接和外壳，再试一次。",
        "The self-test of {port} failed: {what}. Look at the soldering and the case, and try again.",
    ),
    "imu_missing": (
        "{port} 上没有运动传感器（{why}）。请检查 I2C 接线；没有它就不能发现跌倒。",
        "There is no motion sensor at {port} ({why}). Check the I2C wires; without it no fall can be seen.",
    ),
    "disk_full": (
        "电脑磁盘已满，{path} 无法写入。请腾出空间，再烧录一次。",
        "The disk of this computer is full; {path} cannot be written. Make room and flash once more.",
    ),
    "desk": (
        "{path} 无法写入（{why}）。请用 OUT=… 指定另一个文件夹。",
        "{path} cannot be written ({why}). Name another folder with OUT=...",
    ),
    "gateway_gone": (
        "{port} 听不到网关。请把网关的桥接器插好并启动网关（python -m gateway run），信道须为 {channel}，再试一次。",
        "{port} does not hear the gateway. Plug in its bridge, start it (python -m gateway run), see that the channel is "
        "{channel}, and try again.",
    ),
    "registry": (
        "登记到网关失败：{why} 请把 {record} 拿到网关上运行 python -m gateway enrol。",
        "Enrolling at the gateway failed: {why} Take {record} to the gateway and run python -m gateway enrol.",
    ),
    "stopped": (
        "{port} 已按要求停止在“{step}”。板子尚未完成：再烧录一次。",
        '{port} was stopped during "{step}". The board is not finished: flash it once more.',
    ),
    # ---- the steps
    "look": ("识别芯片", "recognise the chip"),
    "read": ("读取旧状态", "read what was there"),
    "write": ("写入 MicroPython", "write MicroPython"),
    "copy": ("复制文件", "copy the files"),
    "identify": ("写入身份", "write the identity"),
    "test": ("自检", "self-test"),
    "start": ("启动", "start"),
    "label": ("标签与记录", "label and record"),
    "enrol": ("登记", "enrol"),
    "verify": ("核对", "compare"),
    "erase": ("清除", "erase"),
    "done": ("完成", "done"),
    "failed": ("未完成", "not finished"),
    # ---- the self-test
    "imu": ("运动传感器", "motion sensor"),
    "rest": ("静止时 1 g ± 5 %", "1 g ± 5 % at rest"),
    "battery": ("电池", "battery"),
    "button": ("按钮", "button"),
    "light": ("灯", "light"),
    "feel": ("振动或蜂鸣", "vibration or buzzer"),
    "radio": ("无线电", "radio"),
    "ask_button": ("请按一下按钮", "press the button"),
    "ask_light": ("看到灯亮，就按一下按钮", "press the button when you see the light"),
    "ask_feel": ("感到振动或听到蜂鸣，就按一下按钮", "press the button when you feel or hear it"),
    "ask_rest": ("请平放，不要碰它", "lay it down and do not touch it"),
    # ---- notes
    "kept": (
        "身份和密钥保持不变；启动编号从 {boot} 继续。",
        "Identity and key are kept; boot numbers go on from {boot}.",
    ),
    "new_identity": (
        "新的身份和密钥；启动编号从 {boot} 开始。",
        "A new identity and key; boot numbers begin at {boot}.",
    ),
    "new_key": (
        "换了新密钥（{why}）：必须重新登记，否则网关不认识它。启动编号从 {boot} 继续。",
        "The key is new ({why}): enrol it again, or the gateway will not know it. Boot numbers go on from {boot}.",
    ),
    "why_asked": ("按要求", "as asked"),
    "why_unread": ("旧状态读不出来", "what was there could not be read"),
    "rescued": (
        "上次中断了；从本机取回了保存的状态。",
        "The last run was interrupted; what it had saved on this computer is used.",
    ),
    "owed": (
        "板上还有 {bytes} 字节未送达的事件，已保留。",
        "{bytes} bytes of events that were not delivered yet are kept.",
    ),
    "same": ("没有变化，什么也不用做。", "Nothing has changed; there is nothing to do."),
    "updated": ("{count} 个文件变了：{files}", "{count} files changed: {files}"),
    "enrolled": ("已登记到 {path}。", "Enrolled in {path}."),
    "to_enrol": (
        "把 {record} 拿到网关上：python -m gateway enrol 文件",
        "Take {record} to the gateway: python -m gateway enrol FILE",
    ),
    "radio_not_tried": (
        "无线电能发送；没有听到网关（尚未登记时这是正常的）。",
        "The radio sends; no gateway was heard (as it must be before enrolment).",
    ),
    "no_cjk_font": (
        "这台电脑没有中文字体，标签上只有英文（Debian：sudo apt install fonts-noto-cjk）。",
        "This computer has no Chinese font; the label is in English only (Debian: sudo apt install fonts-noto-cjk).",
    ),
    "as_it_should": ("与应有内容一致。", "It is what it should be."),
    "forgotten": (
        "已清除：板上的密钥、事件、设置，以及本机的记录和标签。请在网关上运行 python -m gateway forget {id}。",
        "Forgotten: key, events and settings on the board, record and label here. Run python -m gateway forget {id} at "
        "the gateway.",
    ),
    "no_log": ("没有崩溃日志。", "There is no crash log."),
    "choose": ("选择板子（编号，或 a = 全部）", "Which board (its number, or a for all)"),
    "choose_board": ("是哪种板子？", "Which board is it?"),
}


def say(key: str, language: str, **facts: object) -> str:
    """The text of that name, in "zh" or "en"."""
    return TEXTS[key][language == "en"].format(**facts)
