"""The language of ``--where``: what a text means as a tree, and what is said of a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.ranking.where import (
    MOST_DEPTH,
    MOST_TESTS,
    Both,
    Comparison,
    Either,
    Node,
    Not,
    parse,
)


def said(node: Node) -> str:
    """A tree with every parenthesis."""
    if isinstance(node, Comparison):
        name = ("@" if node.name.attribute else "") + node.name.text
        return f"{name} {node.operator} {'|'.join(node.values)}".strip()
    if isinstance(node, Not):
        return f"not({said(node.part)})"
    joint = " and " if isinstance(node, Both) else " or "
    assert isinstance(node, (Both, Either))
    return f"({joint.join(map(said, node.parts))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("price<20", "price < 20"),
        ("  price   <=  20 ", "price <= 20"),
        ("in_stock", "in_stock"),
        ("a=1 or b=2 and c=3", "(a = 1 or (b = 2 and c = 3))"),
        ("(a=1 or b=2) and c=3", "((a = 1 or b = 2) and c = 3)"),
        ("not a=1 and b", "(not(a = 1) and b)"),
        ("not not a", "a"),
        ("NOT (a OR b)", "not((a or b))"),
        ("a in (x, 'y z',\"w\")", "a in x|y z|w"),
        ("a not in (x)", "a not in x"),
        ('title~"it\'s"', "title ~ it's"),
        ("title!~'\"quoted\"'", 'title !~ "quoted"'),
        ("'Screen size' >= 13", "Screen size >= 13"),
        ('attributes."Screen size"=13', "@Screen size = 13"),
        ("attributes.size=L", "@size = L"),
        ("Attributes.size", "@size"),
        ("attributes.=1", "attributes. = 1"),
        ("brand='and'", "brand = and"),
        ("'in'=1", "in = 1"),
        ("标题~红色", "标题 ~ 红色"),
        ("energy-kcal_100g<50.5", "energy-kcal_100g < 50.5"),
        ("price>-1", "price > -1"),
        ("a and(b)or(c)", "((a and b) or c)"),
    ],
)
def test_a_text_means_a_tree(text: str, tree: str) -> None:
    assert said(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is nothing in it, at the end of --where ''."),
        ("   ", "There is nothing in it, at character 1 of --where '   '."),
        ("price<", "A value should follow <, not the end, at the end of --where 'price<'."),
        ("price< and a", "A value should follow <, not 'and', at character 8 of"),
        ("price<<5", "A value should follow <, not '<', at character 7 of"),
        ("price==5", "== is written = here, at character 6 of"),
        ("price<>5", "<> is written != here, at character 6 of"),
        ("a && b", "&& is written and here, at character 3 of"),
        (
            "brand=Le Creuset",
            "and, or, or the end should follow 'Le', not 'Creuset', at character 10",
        ),
        ("a b", "and, or, or the end should follow 'a', not 'b', at character 3 of"),
        ("price=1,299", "and, or, or the end should stand before ',', at character 8 of"),
        ("(a", "A ) should close the ( at character 1, at the end of"),
        ("a)", "There is a ) without its (, at character 2 of"),
        ("()", "A column should stand there, not ')', at character 2 of"),
        ("and a", "A column should stand there, not 'and', at character 1 of"),
        ("a or", "A column should stand there, not the end, at the end of"),
        ("not", "A column should stand there, not the end, at the end of"),
        ("a not b", "not stands before a comparison or before in, at character 3 of"),
        ("a in b", "A ( should follow in, not 'b', at character 6 of"),
        ("a in ()", "A value should follow (, not ')', at character 7 of"),
        ("a in (b c)", "A comma or a ) should stand there, not 'c', at character 9 of"),
        ("a in (b,", "A value should follow a comma, not the end, at the end of"),
        ("brand='Sony", "The quote ' is never closed, at character 7 of"),
        ("!a", "'!' means nothing here, at character 1 of"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_words_that_belong_together_are_offered_in_quotes() -> None:
    with pytest.raises(UsageProblem) as caught:
        parse("brand=Le Creuset and price<20")
    assert caught.value.hint == 'Quotes hold words together: "Le Creuset".'


def test_depth_and_length_are_bounded_with_one_sentence() -> None:
    fine = "(" * MOST_DEPTH + "a" + ")" * MOST_DEPTH
    assert said(parse(fine)) == "a"
    for text in ("(" * 10_000 + "a" + ")" * 10_000, f"({fine})"):
        with pytest.raises(UsageProblem, match="more than 10 deep"):
            parse(text)
    assert said(parse("not " * 10_001 + "a")) == "not(a)"
    with pytest.raises(UsageProblem, match=f"more than {MOST_TESTS} comparisons"):
        parse(" or ".join(["a"] * (MOST_TESTS + 1)))
    with pytest.raises(UsageProblem, match="characters long"):
        parse("a" * 100_001)
    with pytest.raises(UsageProblem, match="more than 10,000 values"):
        parse(f"a in ({','.join('1' * 10_001)})")


def test_a_long_expression_is_shown_around_the_place() -> None:
    with pytest.raises(UsageProblem) as caught:
        parse("a=1 and " * 20 + "b==2" + " and a=1" * 20)
    assert "at character 162 of" in caught.value.message
    assert "b==2" in caught.value.message
    assert len(caught.value.message) < 160


SIGNS = """( ) , = != < <= > ~ !~ and or not in ' " ! price title a 1 -1.5 红 attributes. == && ;
'x y' "z" '' \x00 \ud800"""


@settings(max_examples=2000, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40), st.lists(st.sampled_from(SIGNS.split()), max_size=14).map(" ".join)
    )
)
def test_any_text_is_a_tree_or_a_problem_with_a_hint(text: str) -> None:
    problem = tree = None
    try:
        tree = parse(text)
    except UsageProblem as raised:
        problem = raised
    assert (tree is None) != (problem is None)
    assert tree is None or isinstance(said(tree), str)
    assert problem is None or (problem.message.endswith(".") and problem.hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("title LIKE mug", "A text that holds another is title~mug, without % or *."),
        ("price is null", "price alone holds where it is known, and not price where it is not."),
        ("price between 1 and 2", "Write price>=10 and price<=20."),
        ("price<20 title~red", "Between two comparisons stands and: ... and title~..."),
        ("price<20 sku in (A)", "Between two comparisons stands and: ... and sku in ..."),
        (
            "in_stock price<5",
            'Quotes hold words together: "in_stock price".\n'
            "Between two comparisons stands and: in_stock and price<...",
        ),
        (
            "brand sony",
            "Did you mean brand=sony, or brand~sony for a part?"
            ' Quotes hold words together: "brand sony".',
        ),
        ("title=just like", 'Quotes hold words together: "just like".'),
        ("title='a' 'like'", 'Quotes hold words together: "a like".'),
    ],
)
def test_two_words_side_by_side_get_the_hint_that_helps(text: str, hint: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse(text)
    assert caught.value.hint == hint
