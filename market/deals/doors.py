"""The blueprints of deals, for the web door."""

from market.deals import buyer_verbs, document_views, factory_verb_views, factory_views, money_views, views

BLUEPRINTS = (
    views.bp,
    buyer_verbs.bp,
    factory_views.bp,
    factory_verb_views.bp,
    document_views.bp,
    money_views.bp,
)
