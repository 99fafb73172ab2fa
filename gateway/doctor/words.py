# ruff: noqa: RUF001, E501 - Chinese has its own punctuation, and a sentence is not cut for its length
"""Without this file the doctor would speak one language: every sentence, in Chinese and English.

A pair is (Chinese, English). What is wrong says what, where and what to do.
"""

TEXTS: dict[str, tuple[str, str]] = {
    # ---- configuration and its files
    "config_well": ("配置文件 {path} 正确。", "{path} is read and right."),
    "config_wrong": ("配置有误，请按这一句改正：{text}", "The configuration is wrong: {text}"),
    "import_unfinished": (
        "导入曾被中断。请以 root 运行 tiexin-gateway import --finish --config {path}。",
        "An import was interrupted: run tiexin-gateway import --finish --config {path} as root.",
    ),
    "pendants_well": (
        "吊坠名单里有 {count} 个吊坠（{revoked} 个已吊销）。",
        "{count} pendants are listed, {revoked} of them revoked.",
    ),
    "pendants_wrong": ("吊坠名单有问题：{text}", "The list of pendants: {text}"),
    "pendants_empty": (
        "吊坠名单 {path} 是空的，不会有吊坠被服务。请用 make flash 烧录，再用 tiexin-gateway enrol 登记。",
        "{path}: no pendant is listed, so none is served. Flash one (make flash) and take it in (tiexin-gateway enrol).",
    ),
    "owner_wrong": (
        "{path} 属于用户 {owner}，网关以 {user} 运行，无法读写它。请运行 sudo chown {user} {path}。",
        "{path} belongs to {owner}, but the gateway runs as {user} and cannot use it: run sudo chown {user} {path}.",
    ),
    "open_to_others": (
        "{path} 可以被其他用户读取。请运行 chmod {mode} {path}。",
        "{path} can be read by other users: run chmod {mode} {path}.",
    ),
    # ---- certificates
    "certificate_well": (
        "{name} 的证书还有 {days} 天有效。",
        "The certificate of {name} is good for {days} more days.",
    ),
    "certificate_soon": (
        "{name} 的证书只剩 {days} 天：{path}。请在到期前换上新证书。",
        "The certificate of {name} is good for {days} more days only: {path}. Put a new one there before.",
    ),
    "certificate_over": (
        "{name} 的证书已过期 {days} 天：{path}。请换上新证书，再重启服务。",
        "The certificate of {name} expired {days} days ago: {path}. Put a new one there and restart the service.",
    ),
    "certificate_unreadable": (
        "{name} 指的文件 {path} 里没有能读的证书（{text}）。请放入 PEM 格式的证书。",
        "{name}: {path} holds no certificate that can be read ({text}). Put a certificate in PEM form there.",
    ),
    "key_does_not_match": (
        "{name} 的证书和私钥不是一对（{text}）。请把同时签发的两个文件放在一起。",
        "The certificate of {name} and its key do not belong together ({text}). Put the two that were issued together there.",
    ),
    # ---- the serial line
    "serial_well": (
        "{port} 上的桥接器有应答：固件 {firmware}，信道 {channel}。",
        "The bridge at {port} answers: firmware {firmware}, channel {channel}.",
    ),
    "serial_in_use_by_us": ("{port} 正由运行中的网关使用。", "{port} is in use by the running gateway."),
    "serial_unheard": (
        "网关正在运行（{port}），但没有桥接器应答，吊坠的求助收不到。请确认插的是桥接器（make flash ROLE=bridge），并重新插拔一次。",
        "The gateway runs ({port}) and no bridge answers it: no call of a pendant comes in. See that it is a bridge (make flash ROLE=bridge), and plug it in again.",
    ),
    "serial_missing": (
        '没有串口 {port}。请插上桥接器，或改正 [serial] port（写 "auto" 可自动寻找）。现有：{there}。',
        'There is no serial port {port}. Plug the bridge in, or correct [serial] port ("auto" looks for it). There are: {there}.',
    ),
    "serial_none": (
        "没有 USB 串口。请插上桥接器，用能传数据的线。",
        "No USB serial port is there. Plug the bridge in, with a cable that carries data.",
    ),
    "serial_denied": (
        "没有权限打开 {port}，它属于用户组 {group}。请运行 sudo usermod -aG {group} {user}，再重启服务（或重新登录）。",
        "{user} may not open {port}; it belongs to the group {group}. Run sudo usermod -aG {group} {user}, and restart the service (or log in again).",
    ),
    "serial_busy": (
        "{port} 正被另一个程序使用（串口监视器、ModemManager、另一个网关？）。请结束它；ModemManager 可用 sudo apt remove modemmanager 移除。",
        "{port} is in use by another program (a serial monitor, ModemManager, another gateway?). End it; sudo apt remove modemmanager does away with that one.",
    ),
    "serial_not_one": (
        "{port} 不是可用的串口（{text}）。请检查 [serial] port。",
        "{port} does not open as a serial port ({text}). Check [serial] port.",
    ),
    "serial_silent": (
        "{port} 打开了，但 {waited_s} 秒内没有桥接器应答。请确认插的是桥接器（make flash ROLE=bridge），并重新插拔一次。",
        "{port} opens, but no bridge has answered for {waited_s} s. Check that it is a bridge (make flash ROLE=bridge) and plug it in anew.",
    ),
    "serial_wrong_firmware": (
        "{port} 上的板子在运行别的程序（“{said}”）。请把它烧录成桥接器：make flash ROLE=bridge。",
        'Another program runs on the board at {port} ("{said}"). Flash it as a bridge: make flash ROLE=bridge.',
    ),
    "serial_wrong_version": (
        "{port} 上的桥接器使用协议 {theirs}，网关使用 {ours}。请重新烧录桥接器：make flash ROLE=bridge UPDATE=1。",
        "The bridge at {port} speaks version {theirs}, the gateway {ours}. Flash it again: make flash ROLE=bridge UPDATE=1.",
    ),
    # ---- the broker
    "broker_well": (
        "{where} 接受登录和订阅（MQTT {version}）。",
        "{where} takes our login and subscription (MQTT {version}).",
    ),
    "broker_well_all": (
        "{where} 接受登录、订阅和发布（MQTT {version}）。",
        "{where} takes our login, subscription and messages (MQTT {version}).",
    ),
    "broker_no_name": (
        "找不到主机名 {host} 的地址（{text}）。请检查 [{section}] host 的拼写；若正确，请检查网络和 DNS（ping {host}）。",
        "The name {host} has no address ({text}). Check the spelling of [{section}] host; if it is right, check network and DNS (ping {host}).",
    ),
    "broker_closed": (
        "{where} 没有程序在监听（{text}）。请检查 [{section}] port，并确认平台的消息服务器正在运行。",
        "Nobody listens at {where} ({text}). Check [{section}] port, and that the platform's broker runs.",
    ),
    "broker_no_way": (
        "{where} 在 {waited_s} 秒内没有应答（{text}）。请检查网线、路由器和防火墙是否放行端口 {port}。",
        "{where} has not answered within {waited_s} s ({text}). Check the cable, the router, and that a firewall lets port {port} pass.",
    ),
    "broker_no_tls": (
        "{where} 不使用 TLS。请改正 [{section}] port（TLS 通常是 8883），或写 tls = false。",
        "{where} does not speak TLS. Correct [{section}] port (8883 is usual for TLS), or write tls = false.",
    ),
    "broker_needs_tls": (
        "{where} 一连上就断开，可能要求 TLS。请写 tls = true，或改正 [{section}] port。",
        "{where} closes the connection before a word is said: it may want TLS. Write tls = true, or correct [{section}] port.",
    ),
    "tls_clock": (
        "{where} 的证书按本机时间（{now}）无效，而本机时间并不可信。请先校时：检查网络，运行 timedatectl。",
        "The certificate of {where} is not valid at this machine's time ({now}), and that time cannot be right. Set the clock first: check the network, run timedatectl.",
    ),
    "tls_expired": (
        "{where} 的证书已于 {until} 过期。请平台管理员更换证书。",
        "The certificate of {where} expired on {until}. Ask whoever runs the platform to renew it.",
    ),
    "tls_not_yet": (
        "{where} 的证书从 {since} 起才有效，本机时间是 {now}。请检查本机时间（timedatectl）。",
        "The certificate of {where} is valid from {since} only; this machine says {now}. Check the clock (timedatectl).",
    ),
    "tls_soon": (
        "{where} 的证书还有 {days} 天到期。到期后警报将送不出去，请平台管理员及时更换。",
        "The certificate of {where} is good for {days} more days only. Afterwards no alarm goes out: ask whoever runs the platform to renew it.",
    ),
    "tls_wrong_name": (
        "{where} 出示的证书是给 {names} 的。请把 [{section}] host 写成证书上的名字，或请平台换证书。",
        "The certificate of {where} is for {names}. Write [{section}] host as the certificate has it, or ask the platform for another.",
    ),
    "tls_wrong_ca": (
        "{where} 的证书不是由我们信任的机构签发的（{text}）。请把平台的 CA 证书放入 [{section}] ca_file 指的文件。",
        "The certificate of {where} was issued by nobody we trust ({text}). Put the platform's CA certificate into the file that [{section}] ca_file names.",
    ),
    "tls_wants_ours": (
        "{where} 不接受我们的证书（{text}）。请在 [{section}] cert_file 和 key_file 里使用平台签发的客户端证书。",
        "{where} does not accept our certificate ({text}). Name the client certificate that the platform has issued in [{section}] cert_file and key_file.",
    ),
    "tls_other": (
        "{where} 的 TLS 握手失败（{text}）。请检查 [{section}] tls、ca_file、cert_file。",
        "TLS with {where} fails ({text}). Check [{section}] tls, ca_file and cert_file.",
    ),
    "broker_refused": (
        "{where} 拒绝了用户名 {user} 或密码。请改正 [{section}] username 和 password_file 指的文件。",
        "{where} refuses the user name {user} or its password. Correct [{section}] username and the file that password_file names.",
    ),
    "broker_hangs_up": (
        "{where} 在登录时断开连接：可能拒绝了用户名、密码或证书。请改正 [{section}] username 和 password_file。",
        "{where} closes the connection at our login: it may refuse the user name, the password or the certificate. Correct [{section}] username and password_file.",
    ),
    "broker_not_mqtt": (
        "{where} 没有说 MQTT（{text}）。请检查 [{section}] host 和 port。",
        "{where} does not speak MQTT ({text}). Check [{section}] host and port.",
    ),
    "broker_no_subscribe": (
        "{where} 不允许订阅 {topic}：平台的命令和应答到不了这里。请平台放行（ACL）{prefix}/#。",
        "{where} does not let us subscribe to {topic}: answers and commands will not come. Ask the platform to allow {prefix}/# (ACL).",
    ),
    "broker_no_publish": (
        "{where} 不允许发布到 {prefix}/…：警报送不出去！请平台放行（ACL）{prefix}/#。",
        "{where} does not let us publish under {prefix}/: alarms will not go out! Ask the platform to allow {prefix}/# (ACL).",
    ),
    # ---- the second way out
    "modem_well": ("{port} 上的短信模块已入网。", "The modem at {port} is in its network."),
    "modem_wrong": ("短信模块有问题：{text}", "The modem: {text}"),
    "siren_well": ("警报器的命令存在（没有运行）。", "The siren's commands are there (none was run)."),
    "siren_wrong": ("警报器有问题：{text}", "The siren: {text}"),
    # ---- the disk and the store
    "disk_well": ("{path} 还有 {free_mb} MB。", "{path} has {free_mb} MB free."),
    "disk_missing": (
        "{path} 还不存在；网关第一次启动时会建立。",
        "{path} is not there yet; the gateway makes it when it first runs.",
    ),
    "disk_read_only": (
        "{path} 所在的磁盘是只读的：存储卡可能坏了。请重启；若仍如此，请换卡（先用 tiexin-gateway export 导出）。",
        "The disk under {path} is read-only: the card may be failing. Restart; if it stays so, replace the card (tiexin-gateway export first).",
    ),
    "disk_denied": (
        "没有权限写入 {path}。请用 sudo 运行，或把它交给网关的用户。",
        "{path} cannot be written by this user. Run this with sudo, or give the folder to the gateway's user.",
    ),
    "disk_full": (
        "{path} 只剩 {free_mb} MB，少于留给警报的 {reserve_mb} MB。请清理磁盘（日志：sudo journalctl --vacuum-size=50M）。",
        "{path} has {free_mb} MB left, less than the {reserve_mb} MB that are kept for alarms. Make room (logs: sudo journalctl --vacuum-size=50M).",
    ),
    "disk_small": (
        "{path} 剩 {free_mb} MB，但 [store] max_mb 允许用到 {max_mb} MB。请清理磁盘，或写小一些。",
        "{path} has {free_mb} MB left, but [store] max_mb allows {max_mb} MB. Make room, or write a smaller number.",
    ),
    "store_well": ("存储完好，{waiting} 条事件在等待发送。", "The store is sound; {waiting} events wait in it."),
    "store_wrong": (
        "存储已损坏（{text}）。请重启网关：它会把坏文件放到一边，抢救能读的事件。之后请换存储卡。",
        "The store is damaged ({text}). Restart the gateway: it sets the file aside and saves what can be read. Then replace the card.",
    ),
    "store_unreadable": ("存储无法读取：{text}", "The store cannot be read: {text}"),
    "store_aside": (
        "有 {count} 个损坏后放到一边的存储文件（{name} …）。说明存储卡不可靠，请换卡；文件可以删除。",
        "{count} damaged stores were set aside ({name} ...): the card is not reliable, replace it. The files may be deleted.",
    ),
    "alarms_wait": (
        "有 {count} 条警报已等待发送 {age}。请先解决上面与消息服务器有关的问题。",
        "{count} alarms have waited for {age}. See first to what is said about the broker.",
    ),
    # ---- the machine
    "clock_well": ("本机时间已同步。", "The clock is right."),
    "clock_unknown": (
        "本机时间没有同步：事件会带着“多久以前”，但没有日期。请检查网络和 timedatectl（NTP service 应为 active）。",
        "The clock is not synchronised: events carry their age, but no date. Check the network, and timedatectl (NTP service: active).",
    ),
    "service_well": ("服务正在运行。", "The service runs."),
    "service_by_hand": (
        "网关正在运行（不是由 systemd 启动的）。",
        "A gateway runs with this store (not as the service).",
    ),
    "service_not_running": (
        "服务没有运行（{state}）。请运行 sudo systemctl enable --now tiexin-gateway，原因见 journalctl -u tiexin-gateway -n 50。",
        "The service does not run ({state}). Run sudo systemctl enable --now tiexin-gateway; journalctl -u tiexin-gateway -n 50 says why it ended.",
    ),
    "service_none": ("没有网关在运行。", "No gateway runs with this store."),
    "versions": (
        "网关 {gateway}，Python {python}，SQLite {sqlite}，{openssl}。",
        "Gateway {gateway}, Python {python}, SQLite {sqlite}, {openssl}.",
    ),
    # ---- the sum
    "sum_well": ("一切正常。", "All is well."),
    "sum_wrong": ("有 {count} 处需要处理。", "To be put right: {count}."),
}
