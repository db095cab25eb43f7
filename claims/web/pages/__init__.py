"""The pages, by topic: each module declares its routes."""

from claims.web.pages import (
    acts,
    appeals,
    assets,
    audit,
    charts,
    me,
    nights,
    people,
    queue,
    search,
    sign_in,
    story,
    today,
    views,
    work,
)

_MODULES = (assets, sign_in, me, today, queue, views, acts, story, appeals, work, nights, charts, search, audit, people)
ALL = tuple(module.ROUTES for module in _MODULES)
