"""OAuth credentials of a folder: given ones are checked first, shown ones have no secret."""

from collections.abc import Sequence
from dataclasses import replace

from rpcmedia.gallery.model import Catalog, CatalogConsumer, CatalogToken
from rpcmedia.gallery.ports import CatalogRefused
from rpcmedia.operations.ports import Accounts, OAuthAccounts, name_key


async def check_credentials(catalog: Catalog, oauth: OAuthAccounts, accounts: Accounts) -> None:
    """Return if a catalog's consumers and tokens could be kept with it. Raises CatalogRefused."""
    for consumer in catalog.consumers:
        if consumer.secret is None and await oauth.consumer(consumer.key) is None:
            raise CatalogRefused(f"OAuth consumer {consumer.key!r} is new and needs a secret.")
    new_consumers = {consumer.key for consumer in catalog.consumers}
    new_users = {name_key(user.username) for user in catalog.users}
    for token in catalog.tokens:
        name = f"OAuth token {token.token!r}"
        if token.secret is None and await oauth.token(token.token) is None:
            raise CatalogRefused(f"{name} is new and needs a secret.")
        known = token.consumer in new_consumers or await oauth.consumer(token.consumer)
        if not known:
            raise CatalogRefused(f"{name}: there is no consumer {token.consumer!r}.")
        if token.user is None or name_key(token.user) in new_users:
            continue
        if await accounts.user_by_name(token.user) is None:
            raise CatalogRefused(f"{name}: there is no user {token.user!r}.")


async def with_credentials(catalog: Catalog, oauth: OAuthAccounts, accounts: Accounts) -> Catalog:
    """A catalog with the consumers and access tokens that are kept, without their secrets."""
    return replace(
        catalog,
        consumers=[
            CatalogConsumer(c.key, None, c.name, c.revoked) for c in await oauth.consumers()
        ],
        tokens=await shown_tokens(oauth, accounts),
    )


async def shown_tokens(oauth: OAuthAccounts, accounts: Accounts) -> Sequence[CatalogToken]:
    """The access tokens that are kept, without their secrets."""
    names = {user.id: user.username for user in await accounts.users()}
    return [
        CatalogToken(
            token.token,
            None,
            token.consumer,
            access=True,
            role=token.role,
            permissions=tuple(sorted(token.permissions)),
            user=names[token.user_id] if token.user_id else None,
            revoked=token.revoked,
        )
        # The others are gone within the hour.
        for token in await oauth.tokens()
        if token.access
    ]
