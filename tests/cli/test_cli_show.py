"""``prodsim show``: all that is known of a product or a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from shop_rows import write_shop

Run = Callable[..., Result]


def test_a_product_with_its_events_spellings_and_neighbours(run: Run) -> None:
    shown = json.loads(run("show", "SKU123", "-f", "json").stdout)
    assert shown["kind"] == "product"
    assert (shown["key"], shown["title"], shown["price"]) == ("SKU123", "Red enamel mug", 4.5)
    assert shown["events"] == {"view": 1, "purchase": 3, "return": 1}
    assert shown["units"]["purchase"] == 4.0
    assert (shown["first"], shown["last"]) == ("2011-01-01T10:00:00", "2011-01-05T10:00:00")
    assert {name: shown[name] for name in ("buyers", "users", "orders", "without_user")} == {
        "buyers": 2,
        "users": 2,
        "orders": 3,
        "without_user": 1,
    }
    assert shown["spellings"] == [{"sku": "SKU123", "title": "Red enamel mug", "lines": 3}]
    assert [(row["method"], row["rank"], row["sku"]) for row in shown["neighbors"]] == [
        ("hybrid", 1, "SKU124"),
        ("hybrid", 2, "SKU125"),
        ("hybrid", 3, "SKU126"),
        ("cosine", 1, "SKU126"),
        ("cosine", 2, "SKU124"),
        ("lexical", 1, "SKU124"),
    ]


def test_attributes_are_an_object_and_unlisted_products_are_shown(run: Run) -> None:
    assert json.loads(run("show", "SKU126", "-f", "json").stdout)["attributes"] == {"size": "L"}
    gone = run("show", "GONE1", "-f", "json")
    assert (gone.exit_code, json.loads(gone.stdout)["listed"]) == (0, False)


def test_a_person_with_recent_events_and_people_alike(tmp_path: Path, run: Run) -> None:
    people = {"17850": [("13047", 0.5), ("SKU124", 0.25)]}
    shop = write_shop(tmp_path / "people.db", people=people)
    shown = json.loads(run("--db", shop, "show", "17850", "-f", "json").stdout)
    assert (shown["kind"], shown["user"]) == ("user", "17850")
    assert (shown["products"], shown["bought"], shown["orders"]) == (2, 2, 1)
    assert [(row["type"], row["sku"]) for row in shown["recent"]] == [
        ("purchase", "SKU123"),
        ("purchase", "SKU125"),
        ("view", "SKU123"),
    ]
    assert shown["alike"] == [
        {"method": "cosine", "rank": 1, "user": "13047", "score": 0.5},
        {"method": "cosine", "rank": 2, "user": "SKU124", "score": 0.25},
    ]


def test_a_product_comes_before_a_person_of_the_same_name(run: Run) -> None:
    both = run("show", "SKU124", "-f", "json")
    assert json.loads(both.stdout)["kind"] == "product"
    assert "is a person, too" in both.stderr
    forced = run("show", "SKU124", "--user", "-f", "json")
    assert json.loads(forced.stdout)["kind"] == "user"


def test_nobody_of_that_name(run: Run) -> None:
    neither = run("show", "17851", "-f", "json")
    assert neither.exit_code == 3
    assert json.loads(neither.stderr)["error"]["unknown"][0]["people"] == ["17850"]
    person = run("show", "SKU123", "--user")
    assert person.exit_code == 3
    assert "There is no person 'SKU123'" in person.stderr
    assert "products" not in person.stderr


def test_the_table_hides_what_is_empty(run: Run) -> None:
    text = run("show", "SKU123").stdout
    assert text.splitlines()[0] == "SKU123  product"
    assert "purchase 3" in text
    assert "description" not in text
    assert "Spellings" in text
    assert run("show").exit_code == 2
