"""Without this folder nobody would know of a gateway in service that it loses nothing: a drill on the live box.

Also what `make soak-gateway` counts with: a pendant made of shared code, and the ledger of what was said and arrived.
"""
