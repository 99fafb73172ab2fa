"""The parts of `make city`: a cluster of brokers, houses with gateways, the platform that counts."""
