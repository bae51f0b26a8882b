"""The diary of migrations: numbered steps, appended and never edited once released.

Each step is a list of statements, run in one transaction by :mod:`prodsim_cli.store.connection`
together with the new ``pragma user_version``; a step in Python is a function of the connection.
What each column means is documented in docs/schema.md. ``events.type`` has no check constraint on
purpose: over seven words it costs more than the insert itself (1.2 s of 2.5 s for 541,909 rows);
the one writer holds the rule.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from prodsim_cli.store.packed import repack, view

EVENT_INDEXES = {
    "events_user": "create index if not exists events_user on events (user_id)"
    " where user_id is not null",
    "events_item": "create index if not exists events_item on events (item_id)",
}
"""Dropped before a bulk of events is written, made again by the next build."""


def _packed_rows(table: str, owner: str) -> str:
    return f"""create table {table} (method text not null, {owner} integer not null,
        ids blob not null, scores blob not null, primary key (method, {owner}))"""


STEPS: tuple[tuple[str | Callable[[sqlite3.Connection], None], ...], ...] = (
    # 1: the first release
    (
        """
        create table items (
            id integer primary key autoincrement,
            sku text not null,
            source text not null default '',
            title text,
            description text,
            brand text,
            category text,
            tags text,
            price real,
            currency text,
            image text,
            url text,
            lang text,
            in_stock integer,
            attributes text,
            content_hash text,
            sku_key text not null,
            origin text not null default 'catalog'
                check (origin in ('catalog', 'transactions', 'events')),
            listed integer not null default 1,
            unique (source, sku)
        )
        """,
        "create index items_sku on items (sku)",
        "create index items_sku_key on items (sku_key)",
        """
        create virtual table items_fts using fts5 (
            title, brand, category, tags, description,
            content='items', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
        )
        """,
        "create table users (id integer primary key autoincrement, key text not null unique)",
        """
        create table files (
            id integer primary key,
            name text not null,
            source text not null default '',
            kind text not null,
            sha256 text not null,
            options text not null,
            report text not null,
            ingested_at text not null
        )
        """,
        "create index files_sha256 on files (sha256, source)",
        """
        create table events (
            id integer primary key,
            user_id integer references users (id),
            item_id integer not null references items (id),
            type text not null,
            quantity real not null default 1,
            weight real,
            value real,
            order_id text,
            at text,
            source text not null default '',
            position integer,
            file_id integer references files (id)
        )
        """,
        "create index events_user on events (user_id)",
        "create index events_item on events (item_id)",
        """
        create table spellings (
            file_id integer not null references files (id) on delete cascade,
            source text not null,
            item_id integer not null references items (id),
            sku text not null,
            title text not null default '',
            lines integer not null,
            latest text,
            price real,
            primary key (file_id, source, sku, title)
        ) without rowid
        """,
        "create index spellings_sku on spellings (sku)",
        "create index spellings_item on spellings (item_id)",
        """
        create table rejects (
            file text not null,
            line integer,
            reason text not null,
            raw text,
            file_id integer references files (id) on delete cascade
        )
        """,
        """
        create table vectors (
            space text not null,
            entity_id integer not null,
            vector blob not null,
            content_hash text not null,
            primary key (space, entity_id)
        ) without rowid
        """,
        """
        create table neighbors (
            method text not null,
            item_id integer not null,
            rank integer not null,
            neighbor_id integer not null,
            score real not null,
            primary key (method, item_id, rank)
        ) without rowid
        """,
        "create index neighbors_neighbor on neighbors (method, neighbor_id)",
        """
        create table user_neighbors (
            method text not null,
            user_id integer not null,
            rank integer not null,
            neighbor_id integer not null,
            score real not null,
            primary key (method, user_id, rank)
        ) without rowid
        """,
        "create index user_neighbors_neighbor on user_neighbors (method, neighbor_id)",
        """
        create table artifacts (
            name text not null,
            kind text not null check (kind in ('space', 'neighbors', 'user_neighbors', 'blend')),
            settings text not null,
            data_version text not null,
            created_at text not null,
            seconds real not null,
            weights blob,
            primary key (name, kind)
        )
        """,
        """
        create table evaluations (
            id integer primary key,
            created_at text not null,
            task text not null,
            settings text not null,
            data_version text not null,
            figures text not null
        )
        """,
        "create table meta (key text primary key, value text not null) without rowid",
    ),
    # 2: runs of an evaluation can be compared question by question
    ("alter table evaluations add column per_query blob",),
    # 3: answers. Scores are read the other way from the index alone; what is the same for everybody
    # has a table; variants have a group; kinds of artifacts are no longer a closed list
    (
        "drop index neighbors_neighbor",
        "create index neighbors_neighbor on neighbors (method, neighbor_id, item_id, score)",
        """
        create table artifacts_anew (
            name text not null,
            kind text not null,
            settings text not null,
            data_version text not null,
            created_at text not null,
            seconds real not null,
            weights blob,
            primary key (name, kind)
        )
        """,
        "insert into artifacts_anew select * from artifacts",
        "drop table artifacts",
        "alter table artifacts_anew rename to artifacts",
        """
        create table item_scores (
            name text not null,
            item_id integer not null,
            score real not null,
            primary key (name, item_id)
        ) without rowid
        """,
        "create index item_scores_best on item_scores (name, score)",
        "create table variants (item_id integer primary key, group_id integer not null)",
        "create index variants_group on variants (group_id)",
        """
        create virtual table search_fts using fts5 (
            title, brand, category, tags, description, codes, tokenize='porter ascii'
        )
        """,
    ),
    # 4: a row of a neighbour table is two blobs. A vector of 384 numbers no longer needs a page of
    # its own; the events of nobody are not indexed by person
    (
        "alter table neighbors rename to old_neighbors",
        "alter table user_neighbors rename to old_user_neighbors",
        _packed_rows("neighbor_rows", "item_id"),
        _packed_rows("speaking_rows", "item_id"),
        _packed_rows("user_neighbor_rows", "user_id"),
        repack,
        "drop table old_neighbors",
        "drop table old_user_neighbors",
        view("neighbors", "neighbor_rows", "item_id"),
        view("user_neighbors", "user_neighbor_rows", "user_id"),
        "alter table vectors rename to old_vectors",
        """
        create table vectors (
            space text not null,
            entity_id integer not null,
            vector blob not null,
            content_hash text not null,
            primary key (space, entity_id)
        )
        """,
        "insert into vectors select * from old_vectors",
        "drop table old_vectors",
        "drop index events_user",
        EVENT_INDEXES["events_user"],
    ),
)

VERSION = len(STEPS)
