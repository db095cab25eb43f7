"""The pages, by topic: each module declares its routes."""

from claims.web.pages import assets, audit, charts, me, nights, people, queue, search, sign_in, story, today, work

ALL = tuple(
    module.ROUTES for module in (assets, sign_in, me, today, queue, story, work, nights, charts, search, audit, people)
)
