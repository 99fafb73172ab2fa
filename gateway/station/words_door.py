# ruff: noqa: RUF001, E501 - Chinese has its own punctuation, and a sentence is not cut for its length
"""Without this file nobody could read the door: signing in, languages, what is on every page, and what goes wrong."""

TEXTS: dict[str, tuple[str, str]] = {
    # ---- on every page
    "house": ("贴心服务站", "Tiexin station"),
    "skip": ("跳到正文", "Skip to content"),
    "nav": ("页面", "Pages"),
    "nav_board": ("警报", "Alarms"),
    "nav_services": ("服务", "Services"),
    "other_language": ("English", "中文"),
    "other_language_label": ("Switch to English", "切换到中文"),
    "signed_in_as": ("已登录：{name}", "Signed in: {name}"),
    "sign_out": ("退出登录", "Sign out"),
    "line_lost": (
        "与网关的连接已中断，这里显示的不是最新情况。正在重新连接……请用其他方式留意老人。",
        "The line to the gateway is cut: what you see here is not up to date. Connecting again ... Please watch over the wearers in another way.",
    ),
    "deaf": (
        "网关现在听不到任何吊坠（桥接器或无线电中断）。请用其他方式留意老人，并通知安装人员。",
        "This gateway hears no pendant right now (its bridge or the radio is down). Please watch over the wearers in another way, and call an installer.",
    ),
    "line_back": ("已重新连接。", "Connected again."),
    # ---- signing in
    "sign_in": ("登录", "Sign in"),
    "name": ("姓名", "Name"),
    "password": ("密码", "Password"),
    "sign_in_wrong": ("姓名或密码不正确。", "The name or the password is not right."),
    "sign_in_wait": (
        "尝试次数过多，请在 {seconds} 秒后再试。",
        "That was wrong too often. Please try again in {seconds} seconds.",
    ),
    "sign_in_busy": ("登录人数过多，请稍后再试。", "Many are signing in right now. Please try again in a moment."),
    "sign_in_old": ("此页面已过期，请再登录一次。", "This page had become old. Please sign in once more."),
    "sign_in_cookies": (
        "如果反复出现，请允许浏览器保存本站的 Cookie。",
        "If this comes again, let your browser keep cookies of this page.",
    ),
    "nobody_yet": ("还没有人可以登录", "Nobody can sign in yet"),
    "nobody_yet_how": (
        "请安装人员在网关上为每位护理员各运行一次（会询问密码）：",
        "An installer runs this on the gateway, once for each person (it asks for a password):",
    ),
    "sign_in_who": (
        "安装人员会为每个人设置各自的姓名和密码。",
        "Your installer has given each person a name and a password of their own.",
    ),
    # ---- what goes wrong
    "fault_400": ("这个请求无法理解。", "This request cannot be understood."),
    "fault_401": ("请先登录。", "Please sign in first."),
    "fault_403": (
        "您没有权限，或页面已过期。请返回并重新载入页面，然后再试。",
        "You may not do this, or the page has become old. Go back, load the page again, and try once more.",
    ),
    "fault_404": ("这里没有这个页面。", "There is no such page here."),
    "fault_405": ("这里没有这个页面。", "There is no such page here."),
    "fault_409": (
        "网关拒绝了这个操作，请刷新页面查看最新情况。",
        "The gateway refuses this. Load the page again to see how things stand.",
    ),
    "fault_507": (
        "没有保存成功！请再试一次；如果仍然失败，请直接打电话或前往。",
        "This was NOT stored. Try again; if it fails once more, call or go there at once.",
    ),
    "fault_line": (
        "没有送达网关！请再试一次；如果仍然失败，请直接打电话或前往。",
        "This did NOT reach the gateway. Try again; if it fails once more, call or go there at once.",
    ),
    "fault_413": ("发送的内容太大。", "That was too much to send."),
    "fault_429": ("请求过多，请稍后再试。", "Too many requests. Please try again in a moment."),
    "fault_500": (
        "页面出错了，警报不受影响。请再试一次。",
        "Something went wrong with this page; alarms are not touched by it. Please try again.",
    ),
    "fault_503": ("打开的页面太多。请关闭一些，再试一次。", "Too many pages are open. Close some and try again."),
    "back_to_board": ("回到警报页面", "Back to the alarms"),
    # ---- times
    "time_unknown": ("时间未知", "time not known"),
    "yesterday_at": ("昨天 {time}", "yesterday {time}"),
    "date": ("{year}年{month}月{day}日（{weekday}）", "{weekday} {year}-{month:02d}-{day:02d}"),
    "weekday_0": ("周一", "Mon"),
    "weekday_1": ("周二", "Tue"),
    "weekday_2": ("周三", "Wed"),
    "weekday_3": ("周四", "Thu"),
    "weekday_4": ("周五", "Fri"),
    "weekday_5": ("周六", "Sat"),
    "weekday_6": ("周日", "Sun"),
}
