"""What the codes of requests are called: msgids, by code."""

from __future__ import annotations

from collections.abc import Mapping

STAGE_WORDS: Mapping[str, str] = {
    "ordered": "Awaiting acceptance",
    "dispatched": "Awaiting acceptance",
    "accepted": "Accepted",
    "completed": "Awaiting rating",
    "rated": "Rated",
    "withdrawn": "Withdrawn",
    "rejected": "Rejected",
    "merged": "Merged",
}
VERB_WORDS: Mapping[str, str] = {
    "order": "Order",
    "dispatch": "Dispatch",
    "accept": "Accept",
    "decline": "Decline",
    "transfer": "Transfer",
    "progress": "Report progress",
    "complete": "Complete",
    "rate": "Rate",
    "reopen": "Reopen",
    "withdraw": "Withdraw",
    "remind": "Remind",
    "attach": "Add photos",
    "hand_on": "Hand on",
}
RATING_WORDS: Mapping[str, str] = {
    "satisfied": "Content",
    "basically_satisfied": "Rather content",
    "unsatisfied": "Not content",
}
CHANNEL_WORDS: Mapping[str, str] = {
    "web": "Web page",
    "wechat": "WeChat",
    "phone": "Phone call",
    "visit": "Visit",
    "hotline_12345": "Hotline 12345",
    "inspection": "Inspection",
    "portal": "Another portal",
}
