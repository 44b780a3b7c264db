"""The web application; its list of blueprints is the house's table of contents."""

from flask import Flask

from engage import connections, models, web
from engage import db as database
from engage.accounts.routes import blueprint as accounts
from engage.api.payouts import blueprint as api_payouts
from engage.api.prospects import blueprint as api_prospects
from engage.api.questions import blueprint as api_questions
from engage.api.routes import blueprint as api
from engage.config import HOUSE, Settings
from engage.console.boards import blueprint as console_boards
from engage.console.film_orders import blueprint as console_videos
from engage.console.film_versions import blueprint as console_films
from engage.console.film_watching import blueprint as console_watching
from engage.console.held import blueprint as console_held
from engage.console.imports import blueprint as console_import
from engage.console.missions import blueprint as console_missions
from engage.console.overview import blueprint as console
from engage.console.partner_facts import blueprint as console_facts
from engage.console.partners import blueprint as console_partners
from engage.console.programme import blueprint as console_rules
from engage.console.rule_review import blueprint as console_drafts
from engage.console.triggers import blueprint as console_triggers
from engage.disputes.console import blueprint as console_disputes
from engage.disputes.routes import blueprint as disputes
from engage.earnings.routes import blueprint as earnings
from engage.home.routes import blueprint as home
from engage.insight.console import blueprint as console_budget
from engage.insight.routes import blueprint as insight
from engage.leaderboards.console import blueprint as console_moments
from engage.leaderboards.routes import blueprint as leaderboards
from engage.missions.routes import blueprint as missions
from engage.payouts.console import blueprint as console_payouts
from engage.payouts.routes import blueprint as payouts
from engage.rewards.console import blueprint as console_rewards
from engage.rewards.routes import blueprint as rewards
from engage.screens.console import blueprint as console_screens
from engage.screens.routes import blueprint as screens
from engage.share.routes import blueprint as share
from engage.videos.routes import blueprint as videos
from engage.videos.shared import blueprint as shared_films

__all__ = ["make", "models"]

BLUEPRINTS = (
    accounts,
    home,
    leaderboards,
    missions,
    earnings,
    disputes,
    rewards,
    insight,
    videos,
    shared_films,
    console_videos,
    console_films,
    api,
    api_questions,
    api_prospects,
    api_payouts,
    console,
    console_partners,
    console_facts,
    console_import,
    console_held,
    console_disputes,
    console_rewards,
    console_missions,
    console_boards,
    console_rules,
    console_payouts,
    payouts,
    console_triggers,
    console_watching,
    console_drafts,
    console_budget,
    console_moments,
    console_screens,
    screens,
    share,
)


def make(settings: Settings | None = None) -> Flask:
    """The application, ready to answer.

    :raises engage.config.ConfigurationError: production without a secret key.
    """
    settings = settings or Settings()
    app = Flask(
        "engage",
        template_folder=str(HOUSE / "templates"),
        static_folder=str(HOUSE / "static"),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=connections.engine_options(settings.database_url),
    )
    app.extensions["engage.settings"] = settings
    database.init_app(app)
    web.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
