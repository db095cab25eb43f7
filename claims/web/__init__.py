"""The web application: pages over the verbs of `service`, for a browser; the only place that knows FastAPI."""
