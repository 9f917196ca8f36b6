"""The same job written by hand on Temporal, straight from its samples: what one would have without Stepwell."""
