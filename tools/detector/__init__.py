"""Without these helpers train, evaluate and replay would each have to know sets, folds and scoring themselves."""
