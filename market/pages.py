"""Every page, programming interface and section of a page, by the blueprint or function that answers for it."""

from apiflask import APIBlueprint

from market import skipping
from market.deals import api as deals_api
from market.deals import buyer_api, factory_api
from market.deals import document_views as documents
from market.deals import doors as deals
from market.deals import sections as deal_sections
from market.disputes import api as disputes_api
from market.disputes import desk_views as dispute_desk
from market.disputes import sections as dispute_sections
from market.disputes import views as disputes
from market.experiments import shadow_views, split_views
from market.experiments import views as experiments
from market.factories import api as factories_api
from market.factories import question_views
from market.factories import views as factories
from market.health import views as machinery
from market.identity import views as identity
from market.kit import health
from market.kit.edge import Section
from market.leads import api as leads_api
from market.leads import sections as lead_sections
from market.leads import seller_views as offers
from market.leads import views as leads
from market.materials import recipe_views, sharing_views
from market.materials import views as materials
from market.measures import api as measures_api
from market.measures import views as measures
from market.moderation import views as moderation
from market.orders import api as orders_api
from market.orders import import_views, terms_views
from market.orders import views as orders
from market.payments import views as payments
from market.pooling import sections as pooling_sections
from market.pooling import views as pooling
from market.quality import history_views, ranker_views
from market.quality import views as quality
from market.quotes import api as quotes_api
from market.quotes import sections as quote_sections
from market.quotes import views as quotes
from market.ranking import views as ranking
from market.records import sections as record_sections
from market.records import views as records
from market.replay import views as replay
from market.replenishment import api as restock_api
from market.replenishment import import_views as sales_imports
from market.replenishment import views as restock
from market.reviews import api as reviews_api
from market.reviews import desk_views as review_desk
from market.reviews import sections as review_sections
from market.reviews import views as reviews
from market.rooms import api as rooms_api
from market.rooms import sections as room_sections
from market.rooms import views as rooms
from market.settlement import desk_views as money_desk
from market.trades import api as trades_api
from market.trades import views as trades

BLUEPRINTS = (
    health.bp,
    identity.bp,
    factories.bp,
    question_views.bp,
    import_views.bp,
    sales_imports.bp,
    orders.bp,
    terms_views.bp,
    pooling.bp,
    leads.bp,
    offers.bp,
    materials.bp,
    recipe_views.bp,
    sharing_views.bp,
    ranking.bp,
    records.bp,
    *deals.BLUEPRINTS,
    disputes.bp,
    dispute_desk.bp,
    money_desk.bp,
    reviews.bp,
    review_desk.bp,
    quotes.bp,
    measures.bp,
    quality.bp,
    moderation.bp,
    history_views.bp,
    ranker_views.bp,
    replay.bp,
    machinery.bp,
    experiments.bp,
    shadow_views.bp,
    split_views.bp,
    trades.bp,
    restock.bp,
    rooms.bp,
    payments.bp,
    skipping.bp,
)
APIS: tuple[APIBlueprint, ...] = (
    orders_api.bp,
    factories_api.bp,
    leads_api.bp,
    quotes_api.bp,
    deals_api.bp,
    buyer_api.bp,
    factory_api.bp,
    disputes_api.bp,
    reviews_api.bp,
    restock_api.bp,
    rooms_api.bp,
    trades_api.bp,
    measures_api.bp,
)
SECTIONS: tuple[tuple[str, Section], ...] = (
    ("operator", machinery.alarms_section),
    ("new_order", pooling_sections.new_order_section),
    ("order", pooling_sections.order_section),
    ("order", deal_sections.order_section),
    ("order", quote_sections.order_section),
    ("order", room_sections.order_section),
    ("order", lead_sections.order_section),
    ("terms_preview", pooling_sections.terms_preview_section),
    ("terms_preview", lead_sections.terms_preview_section),
    ("factory", record_sections.factory_section),
    ("factory", quote_sections.factory_section),
    ("lead", quote_sections.lead_section),
    ("lead", quote_sections.price_section),
    ("quote", quote_sections.price_section),
    ("award", room_sections.order_section),
    ("lead_buyer", review_sections.lead_buyer_section),
    ("factory_public", record_sections.factory_public_section),
    ("factory_public", review_sections.factory_section),
    ("operator_factory", record_sections.operator_factory_section),
    ("deals", review_sections.deals_section),
    ("deal_now", review_sections.deal_now_section),
    ("deal", dispute_sections.deal_section),
    ("deal", review_sections.deal_section),
    ("deal", documents.papers_section),
    ("purchase_order", deal_sections.purchase_order_section),
)
