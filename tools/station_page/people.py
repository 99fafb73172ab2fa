"""Without this file every imaginary wearer would be called "wearer 1": names, rooms and addresses of nobody."""

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("秀英", "桂兰", "建国", "玉珍", "志强", "凤英", "淑华", "德明", "春梅", "福生", "素芬", "永贵")  # fmt: skip
_ROOMS = ("客厅", "卧室", "厨房", "阳台", "浴室", "走廊")
_FIRST_ID = 0x7C9EBD100000


def record(number: int) -> dict[str, str]:
    """A line of the list of pendants for the wearer of that number; always the same one."""
    family, given = _FAMILY[number % len(_FAMILY)], _GIVEN[(number * 7 + number // len(_FAMILY)) % len(_GIVEN)]
    block, flat = number // 40 + 1, f"{number % 40 // 4 + 1}0{number % 4 + 1}"
    return {
        "id": f"{_FIRST_ID + number:012x}",
        "key": f"{number + 1:032x}",
        "name": family + given,
        "room": _ROOMS[number % len(_ROOMS)],
        "address": f"平城里小区 {block} 号楼 {flat}",
        "phone": f"0352-555{number:04d}",
    }
