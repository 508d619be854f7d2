"""Running the service elsewhere: installing, containers, units, and the licences of what is installed."""
