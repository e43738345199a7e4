"""The commands `serve` and `account`: the web app, and who may sign in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    JsonOption,
    RegistryArgument,
    RoleOption,
    TemplatesOption,
    put_json,
    say,
)
from landrelease.apps.reading import AreaOption, OrganisationOption, reading

AccountsOption = Annotated[Path | None, typer.Option(
    "--accounts", metavar="FILE", help="File of accounts; else beside the registry's file.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


def register(app: typer.Typer, group: Callable[[str, str], typer.Typer]) -> None:
    app.command()(serve)
    account = group("account", "Who may sign in to the web app.")
    account.command("add")(account_add)
    account.command("list")(account_list)
    account.command("password")(account_password)
    account.command("change")(account_change)
    account.command("reset")(account_reset)
    account.command("disable")(account_disable)
    account.command("enable")(account_enable)
    account.command("token")(account_token)
    account.command("link")(account_link)
    account.command("unlink")(account_unlink)
    account.command("log")(account_log)


def serve(
    registry: RegistryArgument,
    port: Annotated[int, typer.Option("--port", metavar="P", help="0: any free port.")] = 0,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    host: Annotated[str, typer.Option(
        "--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    name: Annotated[list[str] | None, typer.Option(
        "--name", metavar="HOST", help="A name under which readers reach it; repeat for more.")]
    = None,
    https: Annotated[bool, typer.Option(
        "--https", help="A proxy speaks https to the readers: cookies only over it.")] = False,
    proxy: Annotated[list[str] | None, typer.Option(
        "--proxy", metavar="ADDRESS", help="Address or network of the proxy: only what it says of "
        "a reader is believed; with --https else this machine. Repeat for more.")] = None,
    basemap: Annotated[Path | None, typer.Option(
        "--basemap", metavar="FILE.pmtiles", help="Ground under the map; else it is blank.")]
    = None,
    accounts: AccountsOption = None,
    oidc: Annotated[Path | None, typer.Option(
        "--oidc", metavar="FILE", help="A provider of OpenID Connect to sign in at.")] = None,
    templates: TemplatesOption = None,
) -> None:
    """Serve a registry: pages, sign-in, OGC API Features, tiles; until interrupted.

    Who is not signed in has the public's view, or on this machine alone that of --as, which goes
    with none of --host, --name, --https and --proxy: there everybody signs in.

    Example: landrelease serve district.gpkg --as planner --port 8080
    """
    from landrelease.apps.web import server
    from landrelease.apps.web.settings import LOOPBACK, Settings, accounts_file
    from landrelease.errors import NOT_LOOPBACK, PLAIN_HTTP, LandReleaseError
    from landrelease.store import shelf
    from landrelease.store.open import own_file

    reached = [*([f"--host {host}"] if host not in LOOPBACK else []),
               *(f"--name {one}" for one in name or ()), *(["--https"] if https else []),
               *(f"--proxy {one}" for one in proxy or ())]
    if role not in (None, "public") and reached:
        raise LandReleaseError(NOT_LOOPBACK, found=", ".join(reached), role=role)
    if reached and not https:
        say(PLAIN_HTTP.text(found=", ".join(reached)))
    with reading(registry, "serve", role, organisation, area) as (_, reader):
        seen_as = reader.role
    if oidc is not None:
        from landrelease.apps.web.oidc import read_client

        read_client(oidc)  # what is wrong with it is said before anything is served
    if templates is not None:
        from landrelease.workflows import documents

        documents.checked(templates)  # likewise
    trusted = tuple(proxy or (("127.0.0.1", "::1") if https else ()))
    # Loaded where they are needed: the server's own process loads the web's libraries once more.
    if trusted:
        from landrelease.apps.web import proxies

        proxies.networks(trusted)
    shown = ""
    if basemap is not None:
        from landrelease.apps.web import basemap as ground

        shown = str(ground.checked(basemap))
    address = registry if "://" in registry else str(Path(registry).resolve())
    people = accounts_file(registry, accounts)
    for told in shelf.settle(own_file(registry), people):
        say(told)
    server.run(Settings(
        address, str(people), seen_as, organisation or "",
        tuple(area or ()), (*LOOPBACK, *(name or ())), https, shown,
        str(oidc.resolve()) if oidc else "", trusted,
        str(templates.resolve()) if templates else ""), host, port, say)


def account_add(
    registry: RegistryArgument, name: NameArgument,
    role: Annotated[str, typer.Option("--role", metavar="ROLE")],
    organisation: OrganisationOption = None, area: AreaOption = None,
    person: Annotated[str, typer.Option(
        "--person", metavar="ID", help="The record of the person.")] = "",
    accounts: AccountsOption = None,
) -> None:
    """Make an account; the password is asked for, or read from the first line of the input.

    Example: landrelease account add district.gpkg m.office --role planner
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Account, Accounts
    from landrelease.workflows import accounts as keeping

    account = keeping.checked(Account(name, role, organisation or "", tuple(area or ()), person))
    keeping.make(Accounts(accounts_file(registry, accounts)), account, _password())
    say(f"Account {name} with the role {role} was made.")


def account_change(
    registry: RegistryArgument, name: NameArgument,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE")] = None,
    organisation: OrganisationOption = None, area: AreaOption = None,
    person: Annotated[str | None, typer.Option(
        "--person", metavar="ID", help="The record of the person.")] = None,
    everywhere: Annotated[bool, typer.Option(
        "--everywhere", help="No areas any more: all ground.")] = False,
    accounts: AccountsOption = None,
) -> None:
    """Another role, organisation, areas or person; what is not named stays. Its subscriptions to
    changes rest until it wakes them.

    Example: landrelease account change district.gpkg m.office --role inspector
    """
    import dataclasses

    from landrelease.apps.web.settings import accounts_file
    from landrelease.errors import ACCOUNT_UNKNOWN, LandReleaseError
    from landrelease.store.accounts import Accounts
    from landrelease.workflows import accounts as keeping

    kept = Accounts(accounts_file(registry, accounts))
    before = kept.account(name)
    if before is None:
        raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
    after = dataclasses.replace(
        before, role=before.role if role is None else role,
        organisation=before.organisation if organisation is None else organisation,
        person=before.person if person is None else person,
        areas=tuple(area) if area else () if everywhere else before.areas)
    keeping.change(kept, after)
    say(f"{name}: {after.role}{', ' + after.organisation if after.organisation else ''}"
        f"{', in ' + '; '.join(after.areas) if after.areas else ', all areas'}.")


def account_list(registry: RegistryArgument, accounts: AccountsOption = None,
                 json: JsonOption = None) -> None:
    """The accounts, without their passwords.

    Example: landrelease account list district.gpkg
    """
    import dataclasses

    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    found = Accounts(accounts_file(registry, accounts)).all()
    put_json(json, [dataclasses.asdict(a) for a in found])
    for a in found:
        say(f"{a.name:<24}{a.role:<15}{a.organisation:<24}{'disabled' if a.disabled else ''}")
    say(f"{len(found)} accounts.")


def account_password(registry: RegistryArgument, name: NameArgument,
                     accounts: AccountsOption = None) -> None:
    """Set another password; all sessions and tokens of the account end.

    Example: landrelease account password district.gpkg m.office
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    Accounts(accounts_file(registry, accounts)).set_password(name, _password())
    say(f"The password of {name} was changed; sign in again.")


def account_reset(registry: RegistryArgument, name: NameArgument,
                  accounts: AccountsOption = None) -> None:
    """A one-time word in place of a forgotten password: with it the person signs in within three
    days and chooses another. It is shown once; all sessions and tokens of the account end.

    Example: landrelease account reset district.gpkg m.office
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts
    from landrelease.workflows import accounts as keeping

    say(keeping.reset(Accounts(accounts_file(registry, accounts)), name))


def account_enable(registry: RegistryArgument, name: NameArgument,
                   accounts: AccountsOption = None) -> None:
    """Open a closed account again, with the password that it had; tokens are made anew.

    Example: landrelease account enable district.gpkg m.office
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    Accounts(accounts_file(registry, accounts)).enable(name)
    say(f"{name} can sign in again.")


def account_disable(registry: RegistryArgument, name: NameArgument,
                    accounts: AccountsOption = None) -> None:
    """Close an account; its sessions and tokens end at once.

    Example: landrelease account disable district.gpkg m.office
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    Accounts(accounts_file(registry, accounts)).disable(name)
    say(f"{name} cannot sign in any more.")


def account_token(
    registry: RegistryArgument, name: NameArgument,
    label: Annotated[str, typer.Option("--label", help="For which program.")] = "GIS",
    days: Annotated[int, typer.Option("--days", min=1, max=366)] = 90,
    scope: Annotated[str, typer.Option(
        "--scope", metavar="SCOPE", help="read: nothing is sent or changed with it; write: "
        "whatever the account may do, as a phone needs it.")] = "write",
    accounts: AccountsOption = None,
) -> None:
    """Make a token with which a program (QGIS, ogr2ogr) reads as the account. It is shown once.

    Give it as password, with any user name, or as a bearer token.

    Example: landrelease account token district.gpkg m.office --label QGIS --days 30
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    say(Accounts(accounts_file(registry, accounts)).make_token(name, label, days, scope))


def account_link(
    registry: RegistryArgument, name: NameArgument,
    issuer: Annotated[str, typer.Option("--issuer", metavar="URL", help="As in the file of "
                                        "`serve --oidc`.")],
    subject: Annotated[str, typer.Option("--subject", metavar="SUB", help="The identity's subject; "
                                         "it is shown to who has no account.")] = "",
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="Or an address that the "
                                       "provider has verified.")] = "",
    accounts: AccountsOption = None,
) -> None:
    """Let an identity at a provider of OpenID Connect open an account.

    Example: landrelease account link district.gpkg m.office --issuer https://id.example --subject 7
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    Accounts(accounts_file(registry, accounts)).link(name, issuer, subject=subject, email=email)
    say(f"{name} can sign in at {issuer}.")


def account_unlink(registry: RegistryArgument, name: NameArgument,
                   accounts: AccountsOption = None) -> None:
    """No identity at a provider opens the account any more; its sessions end.

    Example: landrelease account unlink district.gpkg m.office
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    count = Accounts(accounts_file(registry, accounts)).unlink(name)
    say(f"{count} identities of {name} were unlinked.")


def account_log(registry: RegistryArgument, accounts: AccountsOption = None,
                limit: Annotated[int, typer.Option("--limit", min=1)] = 100,
                json: JsonOption = None) -> None:
    """Who read what that the public does not see, the newest first.

    Example: landrelease account log district.gpkg --limit 20
    """
    from landrelease.apps.web.settings import accounts_file
    from landrelease.store.accounts import Accounts

    rows = Accounts(accounts_file(registry, accounts)).logged(limit)
    put_json(json, [dict(zip(("at", "account", "role", "subject", "detail"), r, strict=True))
                    for r in rows])
    for r in rows:
        say("  ".join(r))


def _password() -> str:
    """Typed twice at a terminal without being shown; else the first line of the input. It is never
    an option: options stand in the list of processes and in the shell's history."""
    if sys.stdin is not None and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")

