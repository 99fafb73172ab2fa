"""Without this package a carer would need the platform to see who is well: the station page, served by the gateway.

It is imported only where the configuration has [station]: aiohttp and jinja2 cost memory that a small box may not have.
"""
