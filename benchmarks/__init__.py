"""What measures speed and quality. Results are printed, never asserted."""
