"""The static explorer: policies computed beforehand in one file that opens anywhere and loads nothing."""
