"""What speed costs and gives: figures on this machine beside a yardstick of the same machine."""
