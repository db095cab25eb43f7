"""Who may do what, and how people prove who they are: rules only, in plain values; the rows are in the store."""
