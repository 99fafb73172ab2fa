"""Without this file a modem without a network would be found out on the night when the internet is gone, too."""

from collections.abc import Iterator

from gateway.check import check_modem, check_siren
from gateway.config import Config
from gateway.doctor.finding import Finding, well, wrong
from gateway.errors import SetUpError


def look(config: Config, *, is_running: bool) -> Iterator[Finding]:
    """Modem and siren, where they are configured. The running gateway's modem is left alone."""
    modem = config.second_way.modem
    if modem and not is_running:
        faults = check_modem(config, modem)
        yield wrong("modem", "modem_wrong", text=faults[0]) if faults else well("modem", "modem_well", port=modem.port)
    if config.second_way.siren:
        try:
            check_siren(config)
        except SetUpError as fault:
            yield wrong("siren", "siren_wrong", text=str(fault))
        else:
            yield well("siren", "siren_well")
