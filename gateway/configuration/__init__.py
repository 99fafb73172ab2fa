"""Without this folder the one TOML file would be read by one long file: here each group of sections has its own."""
