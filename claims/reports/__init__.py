"""Reports: frames of the books come in; tables that add up, files and a manifest go out. No database here."""
