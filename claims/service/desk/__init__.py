"""The denial desk: lists of cases, their stories, what people do with them, and what the night says about them."""
