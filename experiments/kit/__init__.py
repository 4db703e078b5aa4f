"""What the studies are built from: options, results folders, tables, pages, looks and words."""
