"""How often a pendant is woken, what it sleeps through, and what that costs."""
