"""What stands where patient data is hidden: on screens, in documents and in what a verb gives to be shown."""

MASK = "•••"
