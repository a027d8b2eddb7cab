"""Nothing that a node keeps is forgotten when an area leaves: each table has a rule."""

from actors.tables import metadata
from web.carrying.collecting import LAST
from web.carrying.parts import CONTENT, DECIDING, ORDER, SPECIAL, STAYS, references


def test_every_table_has_one_rule() -> None:
    ruled = [*DECIDING, *SPECIAL, *STAYS]
    assert sorted(ruled) == sorted(metadata.tables)


def test_rules_name_columns_that_there_are() -> None:
    for name, columns in DECIDING.items():
        assert set(columns) <= set(metadata.tables[name].c.keys())
        assert set(columns) <= references(metadata.tables[name]).keys()


def test_what_is_named_comes_before_who_names_it() -> None:
    order = [table.name for table in ORDER]
    assert sorted(order) == sorted([*DECIDING, *SPECIAL])
    for place, table in enumerate(ORDER):
        for target in references(table).values():
            assert target == table.name or target not in order or order.index(target) < place


def test_what_a_post_says_is_of_a_post() -> None:
    assert set(CONTENT) <= DECIDING.keys()
    assert set(LAST) <= set(SPECIAL)
