"""One function per business verb: they join frames of the engine, the rules and the store, and know no screen."""
