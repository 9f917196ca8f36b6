"""The front door of Stepwell."""
