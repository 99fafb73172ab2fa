"""Without this folder every command would stand in one file, and each would load what all of them need.

One file a command; each calls it `command`. A line in COMMANDS registers it, and it is loaded only when it is asked
for: `run` on a small computer need not know how an export is written.
"""

COMMANDS = {
    "run": "gateway.cli.run",
    "check": "gateway.cli.check",
    "audit": "gateway.cli.audit",
    "drill": "gateway.cli.drill",
    "enrol": "gateway.cli.enrol",
    "forget": "gateway.cli.forget",
    "revoke": "gateway.cli.revoke",
    "pendants": "gateway.cli.pendants",
    "backlog": "gateway.cli.backlog",
    "lock": "gateway.cli.lock",
    "unlock": "gateway.cli.unlock",
    "user": "gateway.cli.user",
    "unit": "gateway.cli.unit",
    "doctor": "gateway.cli.doctor",
    "export": "gateway.cli.export",
    "import": "gateway.cli.import_",
}
