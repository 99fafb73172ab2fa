"""What surrounds a gateway when it is measured or tormented: pendants, a line, a faulty net, others' gateways."""
