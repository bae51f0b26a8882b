"""The commands whose output is kept, over three toy shops.

``aisles`` is fixtures/two_aisles and, as a second source, the two small files beside this one
(brands, stock, colours, a Chinese title, views and carts, lines that are refused). ``planted`` is
fixtures/planted with the documented weights. ``demo`` is a slice of fixtures/demo that learned its
weights. The order of the list is the order of the run; a case that writes works on a copy.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures"

SHOPS = {
    "aisles": (
        "ingest two_aisles/catalog.csv two_aisles/events.csv --model hashing",
        "ingest more_catalog.csv more_events.csv --source more --model hashing",
    ),
    "planted": ("ingest planted/catalog.csv planted/events.csv --model hashing --no-learn",),
    "demo": ("ingest demo/catalog.csv demo/events.csv --model hashing",),
}
"""Each shop, and the command lines that build it; their output is kept, too."""

BOTH = ("table", "json")


@dataclass(frozen=True)
class Command:
    """One command line, asked in each of some formats."""

    name: str
    shop: str
    line: str
    formats: tuple[str, ...] = BOTH
    stdin: str | None = None
    file: str | None = None
    """A file that the command writes and that belongs to the answer."""
    writes: bool = False
    """Whether it changes the database, so that it needs a copy."""


@dataclass(frozen=True)
class Case:
    """One run: a command in one format; ``name`` is also the name of its expected file."""

    name: str
    command: Command
    format: str

    @property
    def words(self) -> list[str]:
        """The arguments without ``--db``."""
        return [*shlex.split(self.command.line), *(["-f", self.format] if self.format else [])]


PLAIN = ("",)
"""For commands that are asked without ``-f``."""

COMMANDS = (
    # similar
    Command("similar", "planted", "similar RA-VOLT", (*BOTH, "csv", "ids", "jsonl")),
    Command("similar-learned", "demo", "similar SKU123"),
    Command("similar-no-events", "aisles", "similar TEA8"),
    Command("similar-no-text", "aisles", "similar TOOL7"),
    Command("similar-bm25", "planted", "similar PH-ORION --method bm25"),
    Command("similar-lexical", "planted", "similar CN-1 --method lexical"),
    Command("similar-text", "planted", "similar LA-9 --method text"),
    Command("similar-attributes", "planted", "similar WI-R --method attributes"),
    Command("similar-numbers", "planted", "similar LA-9 --method numbers"),
    Command("similar-orders", "planted", "similar PH-ORION --method orders"),
    Command("similar-ease", "planted", "similar PH-ORION --method ease"),
    Command("similar-follows", "planted", "similar PH-ORION --method follows"),
    Command("similar-rp3beta", "planted", "similar PH-ORION --method rp3beta"),
    Command("similar-smoothed", "planted", "similar PH-ORION --method smoothed"),
    Command("similar-swing", "planted", "similar PH-ORION --method swing"),
    Command("similar-measure", "planted", "similar PH-ORION --measure jaccard"),
    Command("similar-pearson", "demo", "similar SKU123 --measure pearson"),
    Command("similar-where", "demo", "similar SKU123 --where 'price<3 and not title~red'"),
    Command("similar-same", "planted", "similar TE-LAKE --same category --price-within 30%"),
    Command("similar-substitute", "planted", "similar RA-VOLT --as substitute"),
    Command("similar-complement", "planted", "similar PH-ORION --as complement"),
    Command("similar-diversity", "demo", "similar SKU123 --diversity 0.5"),
    Command("similar-max-per", "planted", "similar TE-LAKE --max-per category=1 --exclude NO-10"),
    Command("similar-pin", "planted", "similar TE-LAKE --pin NO-10 -k 5 --variants"),
    Command("similar-variants", "planted", "similar TS-100-RED --variants"),
    Command("similar-all-stock", "aisles", "similar MUG-RED --all-stock --variants"),
    Command("similar-why", "planted", "similar RA-VOLT --why -k 5"),
    Command("similar-why-learned", "demo", "similar SKU123 --why -k 5"),
    Command("similar-why-together", "planted", "similar PH-ORION PH-NOVA --together --why -k 4"),
    Command("similar-together", "planted", "similar PH-ORION BE-ARAB --together"),
    Command("similar-together-where", "demo", "similar SKU123 SKU130 --together --where 'price<5'"),
    Command("similar-k50", "demo", "similar SKU123 -k 50", (*BOTH, "csv")),
    Command("similar-stdin", "planted", "similar - -k 3", (*BOTH, "jsonl"), "TE-LAKE\nWI-R\n"),
    # recommend
    Command("recommend", "planted", "recommend c010", (*BOTH, "csv", "ids", "jsonl")),
    Command("recommend-learned", "demo", "recommend U0001"),
    Command("recommend-history", "planted", "recommend --history RA-VOLT,PH-ORION"),
    Command("recommend-visitor-user", "demo", "recommend U0003 --history SKU123,SKU130"),
    Command("recommend-items", "planted", "recommend c010 --by items"),
    Command("recommend-users", "planted", "recommend c010 --by users"),
    Command("recommend-method", "demo", "recommend U0001 --by items --method ease -k 5"),
    Command("recommend-nobody", "planted", "recommend nobody -k 4"),
    Command("recommend-again", "planted", "recommend c010 --again --where 'price<50' -k 6"),
    Command("recommend-context", "demo", "recommend U0001 --context at=2011-06-01 -k 5"),
    Command("recommend-category", "planted", "recommend c010 --context category=Camping -k 5"),
    Command("recommend-why", "planted", "recommend c010 --why -k 5"),
    Command("recommend-why-learned", "demo", "recommend U0001 --why -k 5"),
    Command("recommend-diversity", "demo", "recommend U0001 --diversity 0.4 --exclude SKU123 -k 6"),
    Command("recommend-stdin", "planted", "recommend - -k 3", ("table", "jsonl"), "c010\nc040\n"),
    Command("recommend-all", "planted", "recommend --all -k 3 -q -o out.csv", file="out.csv"),
    Command(
        "recommend-all-learned",
        "demo",
        "recommend --all -k 2 -q -o out.jsonl",
        ("table",),
        file="out.jsonl",
    ),
    Command("recommend-all-users", "planted", "recommend --all -k 2 -q --by users", ("csv",)),
    # users
    Command("users", "planted", "users c010", (*BOTH, "csv", "ids")),
    Command("users-jaccard", "demo", "users U0001 U0003 --measure jaccard -k 4 --shared 2"),
    Command("users-text", "planted", "users c010 --method text -k 4"),
    # search
    Command("search", "planted", "search tennis balls", (*BOTH, "ids")),
    Command("search-typo", "planted", "search smartfone leather"),
    Command("search-number", "planted", "search hb 2040 -k 3"),
    Command("search-chinese", "planted", "search 红色 -k 3"),
    Command("search-words", "demo", "search red bag --by words -k 5"),
    Command("search-meaning", "demo", "search red bag --by meaning -k 5"),
    Command("search-like", "planted", "search blue --like TS-100-RED --variants --why -k 4"),
    Command("search-expand", "demo", "search heart --expand --where 'price<4' -k 5"),
    Command("search-stdin", "planted", "search - -k 2", ("table", "jsonl"), "tent\ncoffee\n"),
    # explain, duplicates
    Command("explain", "planted", "explain RA-VOLT RA-SPIN", (*BOTH, "csv")),
    Command("explain-learned", "demo", "explain SKU123 SKU130 SKU131"),
    Command("explain-without", "planted", "explain PH-ORION CA-NOVA --without people"),
    Command("duplicates", "planted", "duplicates --min-confidence 0.5", (*BOTH, "csv", "ids")),
    Command("duplicates-across", "aisles", "duplicates --across --min-confidence 0.2"),
    # neighborhood
    Command("neighborhood", "planted", "neighborhood RA-VOLT", (*BOTH, "dot", "graphml", "csv")),
    Command("neighborhood-user", "planted", "neighborhood c010 --user --hops 1 -k 4"),
    Command(
        "neighborhood-method", "planted", "neighborhood RA-VOLT WI-R --method text,bought --most 20"
    ),
    # show
    Command("show", "planted", "show RA-VOLT", (*BOTH, "csv")),
    Command("show-more", "aisles", "show MUG-BLUE"),
    Command("show-unlisted", "aisles", "show NOT-LISTED"),
    Command("show-user", "planted", "show c010 --user"),
    Command("show-user-more", "aisles", "show ann1"),
    # status
    Command("status", "planted", "status"),
    Command("status-learned", "demo", "status --digest"),
    Command("status-two-sources", "aisles", "status --digest"),
    Command("status-rejects", "aisles", "status --rejects", (*BOTH, "csv")),
    # eval
    Command("eval", "planted", "eval -q", writes=True),
    Command("eval-last", "aisles", "eval --split last -q", writes=True),
    Command("eval-methods", "demo", "eval -q --methods hybrid,cosine,text -k 5,10", writes=True),
    Command("eval-similar", "planted", "eval --task similar --slices -q", writes=True),
    Command("eval-similar-demo", "demo", "eval --task similar -q --no-learn", writes=True),
    Command(
        "eval-pairs", "planted", "eval --task pairs --pairs pairs.csv -q", ("table",), writes=True
    ),
    Command("eval-fail", "planted", "eval -q --fail-under ndcg@10=0.99", ("table",), writes=True),
    # export
    Command("export-similar", "planted", "export similar -k 3 -q -o out.csv", file="out.csv"),
    Command("export-similar-learned", "demo", "export similar -k 2 -q -o out.csv", file="out.csv"),
    Command(
        "export-similar-rules",
        "demo",
        "export similar --method cosine --where 'price<3' -k 2 -q -o out.jsonl",
        ("table",),
        file="out.jsonl",
    ),
    Command("export-recs", "planted", "export recs -k 2 -q -o out.csv", file="out.csv"),
    Command(
        "export-recs-items", "demo", "export recs --by items -k 1 -q -o out.csv", file="out.csv"
    ),
    Command("export-graph", "aisles", "export graph -k 2 -q -o out.csv", file="out.csv"),
    # ingest
    Command("ingest-dry", "aisles", "ingest planted --dry-run"),
    Command("ingest-dry-more", "planted", "ingest more_catalog.csv more_events.csv --dry-run"),
    Command("ingest-again", "planted", "ingest planted --model hashing", writes=True),
    Command("ingest-demo-quiet", "planted", "ingest two_aisles -q --no-build", writes=True),
    Command("graph-again", "planted", "graph", PLAIN, writes=True),
    # errors
    Command("error-sku", "planted", "similar RA-VOLD"),
    Command("error-some-skus", "planted", "similar RA-VOLT NOPE -k 2"),
    Command("error-user", "planted", "users nobody"),
    Command("error-where", "planted", "similar RA-VOLT --where 'prize<20'"),
    Command("error-where-syntax", "planted", "similar RA-VOLT --where 'price<'", ("table",)),
    Command("error-method", "planted", "similar RA-VOLT --method cosinus", ("table",)),
    Command("error-option", "planted", "similar RA-VOLT --mehtod cosine", ("table",)),
    Command("error-not-built", "planted", "similar RA-VOLT --method lightgcn", ("table",)),
    Command("error-file", "planted", "ingest nothing.csv", ("table",)),
    Command("help", "planted", "--help", PLAIN),
    Command("help-similar", "planted", "similar --help", PLAIN),
)


def cases() -> list[Case]:
    """Every run, in order: each command in each of its formats."""
    return [
        Case(command.name + (f".{form}" if form else ""), command, form)
        for command in COMMANDS
        for form in command.formats
    ]
