"""The pages, by topic: each module declares its routes."""

from claims.web.pages import assets, me, sign_in

ALL = (assets.ROUTES, sign_in.ROUTES, me.ROUTES)
