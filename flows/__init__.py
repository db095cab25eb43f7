"""The nights as Prefect flows: service verbs as steps, composed in files that read downwards.

Import nothing from here before `flows.environment.prepare`: Prefect reads its settings once, when it is imported.
"""
