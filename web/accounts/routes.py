"""The addresses of signing in, of the account and of consent. All on the primary origin."""

from collections.abc import Sequence

from starlette.routing import Route

from web.accounts import (
    account,
    authorization,
    exporting,
    leaving,
    moving,
    posting,
    profile,
    shutting,
    signin,
    signup,
    unsubscribing,
    wishes,
)
from web.accounts.doors import Endpoint, on_primary, signed_in


def _both(path: str, get: Endpoint, post: Endpoint) -> Sequence[Route]:
    return Route(path, get), Route(path, post, methods=["POST"])


ROUTES = (
    *_both("/sign-in", on_primary(signin.sign_in_page), on_primary(signin.sign_in)),
    *_both("/sign-in/code/{handle}", on_primary(signin.code_page), on_primary(signin.enter_code)),
    *_both("/sign-in/mail/{token}", on_primary(signin.link_page), on_primary(signin.use_link)),
    *_both("/sign-up", on_primary(signup.sign_up_page), on_primary(signup.sign_up)),
    *_both("/sign-up/profile", signed_in(signup.profile_page), signed_in(signup.settle)),
    Route("/sign-out", on_primary(signin.sign_out), methods=["POST"]),
    Route("/account", signed_in(account.account_page)),
    *_both("/settings/profile", signed_in(profile.profile_page), signed_in(profile.change_profile)),
    Route("/settings/size", signed_in(wishes.change_size), methods=["POST"]),
    *_both("/settings/mail", signed_in(wishes.wishes_page), signed_in(wishes.change_wishes)),
    *_both("/mails/end/{token}", on_primary(unsubscribing.end_page), on_primary(unsubscribing.end_mails)),
    Route("/settings/export", signed_in(exporting.export_page)),
    Route("/settings/export/actor.json", signed_in(exporting.export_profile)),
    Route("/settings/export/posts.{kind}", signed_in(exporting.export_posts)),
    Route("/settings/export/lists/{name}.csv", signed_in(exporting.export_table)),
    *_both("/settings/leave", signed_in(leaving.leave_page), signed_in(leaving.leave)),
    *_both("/settings/move", signed_in(moving.move_page), signed_in(moving.move)),
    Route("/settings/move/names", signed_in(moving.change_names), methods=["POST"]),
    Route("/settings/move/back", signed_in(moving.come_back), methods=["POST"]),
    Route("/settings/shutting", signed_in(shutting.shutting_page)),
    Route("/settings/words", signed_in(shutting.add_word), methods=["POST"]),
    Route("/settings/words/{filter_id:int}/drop", signed_in(shutting.drop_word), methods=["POST"]),
    Route("/settings/hosts/{act}", signed_in(shutting.change_host), methods=["POST"]),
    *_both("/account/password", signed_in(account.password_page), signed_in(account.change_password)),
    Route("/account/sessions/end", signed_in(account.end_other_sessions), methods=["POST"]),
    Route("/account/sessions/{session_id:int}/end", signed_in(account.end_one_session), methods=["POST"]),
    Route("/account/apps/{app_id:int}/end", signed_in(account.disconnect_app), methods=["POST"]),
    Route("/account/posting/{actor_id:int}", signed_in(posting.change_posting), methods=["POST"]),
    *_both(
        "/oauth/authorize",
        on_primary(authorization.authorization_page),
        on_primary(authorization.decide_authorization),
    ),
)
