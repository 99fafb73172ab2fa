"""Without these numbers the two ends of a board's cable would not understand each other.

Host and VM talk over a stream: a request is op u8, length u16, body; a reply is status u8 (0, else an errno),
length u16, body. Big-endian. A NOTE (op >= NOTES) has no reply. On a second stream the host sends events of
two bytes: kind, argument.
"""

PIN_SETUP = 1  # pin u8, mode u8, pull u8
PIN_READ = 2  # pin u8 -> level u8
PIN_WRITE = 3  # pin u8, level u8
PIN_IRQ = 4  # pin u8, trigger u8
PIN_WAKE = 5  # pin u8, level u8: wake from light sleep
I2C_OPEN = 6  # scl u8, sda u8, freq u32 -> bus u8
I2C_SCAN = 7  # bus u8 -> addresses
I2C_READ_REGISTER = 8  # bus u8, address u8, register u8, n u16 -> bytes
I2C_WRITE = 9  # bus u8, address u8, bytes (the first is the register)
I2C_READ = 10  # bus u8, address u8, n u16 -> bytes from the register last named
ADC_READ = 11  # pin u8 -> microvolts u32
PWM_SET = 12  # pin u8, frequency u32, duty u16
DOG_START = 13  # timeout_ms u32
DOG_FEED = 14
RTC_READ = 15  # -> bytes
RTC_WRITE = 16  # bytes
RESET = 17
SOFT_RESET = 18
DEEPSLEEP = 19  # ms u32, 0 for ever
LIGHTSLEEP = 20  # ms u32, 0 for ever -> wake reason u8
WAKE_ON = 21  # source u8 (a wake reason), level u8, pin mask u64
WIFI = 22  # active u8, channel u8
ESPNOW = 23  # active u8, rxbuf u16
ESPNOW_SEND = 24  # destination 6, frame -> delivered u8
# -> state u8 (0 nothing, 1 frame, 2 an event waits), mac 6, rssi i8, age_ms u32, frame
ESPNOW_RECV = 25  # timeout_ms u32, events taken so far u16
ESPNOW_ANY = 26  # -> u8
ESPNOW_IRQ = 27  # wanted u8
POWER_IS_CUT = 28  # the flash has been interrupted in the middle of a block: no reply will ever come

NOTES = 128
NOTE_MAIN_ENDED = 128  # 0 returned, 1 raised
NOTE_FLASH_WRITE = 129  # block u16, bytes u16
NOTE_FLASH_ERASE = 130  # block u16

EVENT_PIN = 1  # argument: pin
EVENT_RADIO = 2
EVENT_CTRL_C = 3

# esp_sleep_source_t of ESP-IDF, what machine.wake_reason() returns
WOKEN_BY_NOTHING = 0
WOKEN_BY_EXT0 = 2
WOKEN_BY_EXT1 = 3
WOKEN_BY_TIMER = 4
WOKEN_BY_GPIO = 7

# machine.reset_cause()
RESET_POWER_ON = 1
RESET_HARD = 2
RESET_WATCHDOG = 3
RESET_DEEPSLEEP = 4
RESET_SOFT = 5

RTC_BYTES_MAX = 2048
FRAME_BYTES_MAX = 250
FLASH_BLOCK_BYTES = 4096
