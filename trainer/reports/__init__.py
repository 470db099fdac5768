"""Reports: tables, JSON and HTML pages of what the other packages compute."""
