"""Each kind of value: what is taken, what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from graphmail.customers import Lifetime, load

from .inventory_samples import VENDOR, entry, inventory, mistakes, places

SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@host"

REFUSED = [
    ("tenant_id", "5a4d0000-0000-4000-8000-00000000001"),
    ("tenant_id", "contoso.onmicrosoft.example"),
    ("tenant_id", 5),
    ("tenant_id", None),
    ("initial_domain", "onmicrosoft"),
    ("cloud", "gcc"),
    ("cloud", ["sandbox"]),
    ("labels", "pilot"),
    ("labels[0]", ["Pilot"]),
    ("labels[0]", [True]),
    ("admin", "me"),
    ("admin.kind", {"kind": "password"}),
    ("admin.sealed", {"sealed": ""}),
    ("app.client_id", {"client_id": "kundo-mail"}),
    ("app.unique_name", {"unique_name": "kundo mail"}),
    ("app.display_name", {"display_name": "x" * 65}),
    ("app.display_name", {"display_name": "two\nlines"}),
    ("app.known_credentials[0]", {"known_credentials": ["b001"]}),
    ("group.owners", {"name": "G", "address": "g@contoso.example", "owners": []}),
    ("group.owners[0]", {"name": "G", "address": "g@contoso.example", "owners": ["admin"]}),
    ("group.address", {"name": "G", "address": "g@", "owners": ["a@contoso.example"]}),
    (
        "group.extra_members",
        {"name": "G", "address": "g@contoso.example", "owners": ["a@contoso.example"], "extra_members": "keep"},
    ),
    ("mailboxes", []),
    ("mailboxes", "support@contoso.example"),
    ("mailboxes[0]", ["support at contoso.example"]),
    ("mailboxes[0]", ["support@contoso.example\n"]),
    ("mailboxes[0]", ["a b@contoso.example"]),
    ("mailboxes[0]", ["Support <support@contoso.example>"]),
    ("outside_mailbox", "ceo@contoso"),
    ("access", "none"),
    ("credential.kind", {"kind": "password"}),
    ("credential.lifetime", {"lifetime": "2 hours"}),
    ("credential.lifetime", {"lifetime": "0 months"}),
    ("credential.lifetime", {"lifetime": 24}),
    ("credential.keep", {"keep": "true"}),
    ("probe.relay", {"relay": "127.0.0.1"}),
    ("probe.relay", {"relay": "127.0.0.1:70000"}),
    ("probe.large_mail_size", {"large_mail_size": "3 MiB"}),
    ("probe.large_mail_size", {"large_mail_size": "1 GiB"}),
    ("probe.large_mail_size", {"large_mail_size": "many"}),
    ("probe.max_wait", {"max_wait": "2 months"}),
    ("handover.recipients", {"recipients": []}),
    ("handover.recipients[0]", {"recipients": ["age1nonsense"]}),
    ("handover.recipients[0]", {"recipients": ["ssh-rsa AAAAB3NzaC1yc2E"]}),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_refused_and_named(tmp_path, field, value):
    top = field.split(".")[0].split("[")[0]

    (mistake,) = mistakes(inventory(tmp_path, {"contoso": entry(**{top: value})}))

    assert (mistake.customer, mistake.field) == ("contoso", field)
    assert mistake.allowed


def test_text_that_yaml_reads_as_something_else_is_told_to_be_quoted(tmp_path):
    (mistake,) = mistakes(inventory(tmp_path, {"contoso": entry(labels=[False])}))

    assert "in quotes" in mistake.problem


def test_guids_and_domains_are_taken_in_any_case_and_compared_in_small_letters(tmp_path):
    tenant = "5A4D0000-0000-4000-8000-00000000000A"

    contoso = load(inventory(tmp_path, {"contoso": entry(tenant_id=tenant)})).customers["contoso"]

    assert contoso.tenant_id == tenant.lower()


@pytest.mark.parametrize("key", [VENDOR, SSH])
def test_age_and_ssh_public_keys_are_recipients(tmp_path, key):
    assert load(inventory(tmp_path, {"contoso": entry(handover={"recipients": [key]})}, operators=[key])).operators == [
        key
    ]


@pytest.mark.parametrize(
    "address", ["o'brien+x@mail.contoso.example", "A_B@contoso.example", "1@xn--bcher-kva.example"]
)
def test_addresses_exchange_allows(tmp_path, address):
    assert mistakes(inventory(tmp_path, {"contoso": entry(mailboxes=[address])})) == []


def test_addresses_are_compared_in_small_letters(tmp_path):
    path = inventory(tmp_path, {"contoso": entry(mailboxes=["Support@Contoso.Example"])})

    assert load(path).customers["contoso"].mailboxes == ["support@contoso.example"]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("24 months", datetime(2026, 2, 28, tzinfo=UTC)),
        ("1 month", datetime(2024, 3, 29, tzinfo=UTC)),
        ("90 days", datetime(2024, 5, 29, tzinfo=UTC)),
        ("2 weeks", datetime(2024, 3, 14, tzinfo=UTC)),
        ("4 years", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_lifetime_counts_as_the_calendar_does(text, end):
    lifetime = Lifetime.parse(text)

    assert lifetime.end(datetime(2024, 2, 29, tzinfo=UTC)) == end
    assert str(lifetime) == text


@pytest.mark.parametrize("name", ["Contoso", "con_toso", "-contoso", "a" * 64, "../etc", "contoso.example", "å"])
def test_customer_name_that_is_no_folder_name_is_refused(tmp_path, name):
    assert places(inventory(tmp_path, {name: entry()})) == [(name, "")]


@pytest.mark.parametrize("name", ["no", "365", "a-1"])
def test_customer_name_is_text_as_written(tmp_path, name):
    text = inventory(tmp_path, {"contoso": entry()}).read_text().replace("  contoso:", f"  {name}:")
    (tmp_path / "inventory.yml").write_text(text)

    assert list(load(tmp_path / "inventory.yml").customers) == [name]


def _logo(folder: Path, kind: str, size: int = 215) -> Path:
    path = folder / f"logo.{kind}"
    Image.effect_noise((size, size), 80).save(path)
    return path


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp"])
def test_logo_formats_that_graph_takes(tmp_path, kind):
    path = _logo(tmp_path, kind)

    contoso = load(inventory(tmp_path, {"contoso": entry(app={"logo": path.name})})).customers["contoso"]

    assert contoso.app.logo == str(path)


def test_logo_mistakes_say_what_was_found(tmp_path):
    text, broken = tmp_path / "text.png", tmp_path / "broken.png"
    text.write_text("not a picture")
    broken.write_bytes(_logo(tmp_path, "png").read_bytes()[:2000])
    large, tiff = _logo(tmp_path, "bmp", 400), _logo(tmp_path, "tiff", 10)
    folder = tmp_path / "folder.png"
    folder.mkdir()
    found = {
        path.name: mistakes(inventory(tmp_path, {"contoso": entry(app={"logo": path.name})}))[0].problem
        for path in (text, broken, large, tiff, tmp_path / "absent.png", folder)
    }

    assert found == {
        "text.png": "is not a picture (13 bytes)",
        "broken.png": found["broken.png"],
        "logo.bmp": f"is a file of {large.stat().st_size} bytes",
        "logo.tiff": "is a picture of the format TIFF",
        "absent.png": "is a file that cannot be read: No such file or directory",
        "folder.png": "is a file that cannot be read: Is a directory",
    }
    assert "broken picture" in found["broken.png"]


@pytest.mark.parametrize("name", ["keys", "checkpoints"])
def test_no_customer_is_called_as_a_folder_of_the_archive(tmp_path, name):
    (mistake,) = mistakes(inventory(tmp_path, {name: entry()}))
    assert "not keys, not checkpoints" in str(mistake)
