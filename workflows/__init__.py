"""The durable shell: waits, timers and updates around the engine. Nothing is decided here."""
