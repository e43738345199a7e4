"""The registry in PostgreSQL: what is its own; what it shares with a file is in test_registry."""

from landrelease.store.open import create_registry, open_registry
from test_store_geopackage import revision


def test_first(postgres_address):
    with create_registry(postgres_address, office="A") as registry:
        registry.append([revision("h1"), revision("h2", name="x")])
        registry.append([revision("h1", name="y")])
        assert registry.audit() == []
        assert registry.count() == 3
        print(registry.records("hazard"))
    with open_registry(postgres_address) as registry:
        assert [r.id for r in registry.records("hazard")] == ["h1", "h2"]
        assert [r.id for r in registry.find("hazard", bounds=(0, 0, 90, 90), where={"name": "y"})] == ["h1"]
