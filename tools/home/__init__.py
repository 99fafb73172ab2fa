"""A whole home in one process tree: broker, platform, gateway, bridge and pendants, for the demo and the journeys."""
