"""Speed, measured beside what it is compared with."""
