"""The pages, by topic: each module declares its routes."""

from claims.web.pages import (
    acts,
    appeals,
    assets,
    audit,
    blocked,
    charts,
    correct,
    coverage,
    deposits,
    exceptions,
    me,
    nights,
    people,
    queue,
    refunds,
    search,
    sign_in,
    stopped_acts,
    story,
    today,
    variance_acts,
    variances,
    views,
    work,
)

_DESK = (queue, views, acts, story, correct, coverage, appeals)
_MONEY = (exceptions, deposits, refunds, variance_acts, variances)
_MODULES = (
    assets,
    sign_in,
    me,
    today,
    *_DESK,
    stopped_acts,
    blocked,
    work,
    *_MONEY,
    nights,
    charts,
    search,
    audit,
    people,
)
ALL = tuple(module.ROUTES for module in _MODULES)
