"""Without this file a monitor could only see that a port is open: is this gateway fit to carry an alarm, yes or no?"""

from gateway.vitals import Link, Vital

REASONS = ("bridge-away", "broker-away", "store-silent", "store-refuses", "disk-full", "certificate-expired")
GRACE_S = 60.0  # a broker that restarts, a bridge that is flashed: not every minute is worth a pager
LEAST_FREE_BYTES = 32 * 1_000_000
_STARTING_S = 30.0


def reasons(vital: Vital) -> list[str]:
    """Why it is not, in fixed words without a fact about anybody; empty if it is."""
    found = []
    if _is_gone(vital.bridge, vital):
        found.append("bridge-away")
    if _is_gone(vital.broker, vital):
        found.append("broker-away")
    if not vital.store_answers:
        found.append("store-silent")
    if not vital.store_takes_alarms:
        found.append("store-refuses")
    if vital.disk_free_bytes < LEAST_FREE_BYTES:
        found.append("disk-full")
    if any(days < 0 for days in vital.health.get("certificates", {}).values()):
        found.append("certificate-expired")
    return found


def _is_gone(link: Link, vital: Vital) -> bool:
    return not link.is_up and link.since_s >= GRACE_S and vital.uptime_s >= _STARTING_S
