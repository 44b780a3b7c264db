"""Every table of the house, so that the metadata is whole wherever one of them is used."""

from engage.accounts.models import ApiKey, PastSeat, Seat, SignedOut, User
from engage.activity.models import Conversion, CurrencyRate, Fact, HeldFact
from engage.api.models import IdempotencyKey
from engage.disputes.models import Dispute
from engage.imports.models import Import
from engage.incentives.models import Rule, RuleDraft, RuleVersion, RunningTotal
from engage.leaderboards.models import (
    Board,
    LeagueDraw,
    LeaguePlace,
    Picture,
    PictureLine,
    Standing,
    StandingBucket,
    StandingDay,
    StandingTime,
)
from engage.ledger.models import Account, AwardedSoFar, Link, Transfer
from engage.missions.models import Mission, MissionProgress, MissionStage
from engage.outbox.models import Message
from engage.partners.models import Group, Partner
from engage.payouts.models import Payout, PayoutRun
from engage.programmes.models import Programme, Revision
from engage.rewards.models import Redemption, Reward
from engage.screens.models import Screen
from engage.tiers.models import TierSpell
from engage.videos.models import Video, VideoBatch, VideoOrder

__all__ = [
    "Account",
    "ApiKey",
    "AwardedSoFar",
    "Board",
    "Conversion",
    "CurrencyRate",
    "Dispute",
    "Fact",
    "Group",
    "HeldFact",
    "IdempotencyKey",
    "Import",
    "LeagueDraw",
    "LeaguePlace",
    "Link",
    "Message",
    "Mission",
    "MissionProgress",
    "MissionStage",
    "Partner",
    "PastSeat",
    "Payout",
    "PayoutRun",
    "Picture",
    "PictureLine",
    "Programme",
    "Redemption",
    "Revision",
    "Reward",
    "Rule",
    "RuleDraft",
    "RuleVersion",
    "RunningTotal",
    "Screen",
    "Seat",
    "SignedOut",
    "Standing",
    "StandingBucket",
    "StandingDay",
    "StandingTime",
    "TierSpell",
    "Transfer",
    "User",
    "Video",
    "VideoBatch",
    "VideoOrder",
]
