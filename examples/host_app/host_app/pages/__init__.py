"""The pages, one module for each who reads them."""
