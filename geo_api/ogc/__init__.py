"""Collections and tiles as OGC knows them; knows no village."""
