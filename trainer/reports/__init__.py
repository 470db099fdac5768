"""Reports: figures as text, as JSON and as single HTML files."""
