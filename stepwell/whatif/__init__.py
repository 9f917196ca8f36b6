"""What would happen: recorded journeys re-enacted on another version, behaviour fitted from them, the weight of a draft."""
