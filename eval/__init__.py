"""How often the answers are right: known facts, metrics, the runner, and the fitting of what is shipped."""
