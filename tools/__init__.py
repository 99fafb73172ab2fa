"""Without these programs nobody could train, judge, flash or show what the rest of the tree is."""
