"""A model of the air: many real pendants' radio logic on one channel, in virtual time."""
