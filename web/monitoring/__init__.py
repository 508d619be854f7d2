"""What a monitoring system reads of a running service."""
