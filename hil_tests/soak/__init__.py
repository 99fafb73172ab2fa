"""A home of many pendants living random days while everything round them breaks; at the end the books must balance."""
