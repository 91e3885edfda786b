"""A `Query` as SQL: which rows, in which order, how many. Text with its parameters; nothing is run here.

Four ways to find rows, chosen by what is asked and how much is found:
    every      no words: the table, in the order of an index
    ranked     words: the full-text index; exact name, beginning of the name, then BM25
    by name    from `RANKED_BELOW` hits on: the name index, asking of each row whether it is a hit
    filled     fewer than `FILL_BELOW` hits: also rows whose plain text holds the words anywhere
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from pumas_tui.core.db.index_schema import ROW_COLUMNS
from pumas_tui.core.domain.models import Order, OrderBy
from pumas_tui.core.domain.query import Filter, FilterField, Query, Word

RANKED_BELOW = 5000
FILL_BELOW = 50
_BM25 = "bm25(fts, 8.0, 1.0, 4.0)"  # names, other words, joined tokens
_END = "\U0010ffff"
# CROSS JOIN keeps the full-text index outside: asking it row by row would be a thousand times slower.
_MATCHED = "FROM fts CROSS JOIN models m ON m.id = fts.rowid"
_LINKS = "(SELECT count(*) FROM registry.links l WHERE l.model_uid = m.uid)"


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its question marks, in order."""

    text: str
    values: tuple[object, ...] = ()


def joined(parts: Iterable[Sql | str], separator: str = " ") -> Sql:
    """Pieces in a row."""
    pieces = [part if isinstance(part, Sql) else Sql(part) for part in parts]
    return Sql(
        separator.join(piece.text for piece in pieces),
        tuple(value for piece in pieces for value in piece.values),
    )


class Way(Enum):
    """How rows are found; see the module's text."""

    EVERY = "every"
    RANKED = "ranked"
    BY_NAME = "by name"
    FILLED = "filled"


def match_text(words: Iterable[Word]) -> str:
    """The full-text expression for words that all must occur. Terms hold letters, digits and dots only."""
    parts: list[str] = []
    for word in words:
        if word.exact:
            parts.append(f'{{names words}} : "{" ".join(word.terms)}"')
        else:
            parts.extend(f'"{term}"*' for term in word.terms)
    return " AND ".join(parts)


_SIMPLE = {
    FilterField.FAMILY: "m.family",
    FilterField.SUBTYPE: "m.subtype",
    FilterField.TRUST: "m.trust",
    FilterField.TIER: "m.tier",
}


def _condition(one: Filter, now: float, registry: bool) -> Sql:
    marks = ", ".join("?" * len(one.values))
    if one.field is FilterField.TYPE:
        return Sql(f"(m.model_type IN ({marks}) OR m.subtype IN ({marks}))", one.values * 2)
    if one.field is FilterField.TAG:
        return Sql("instr(m.tag_keys, ?)", (f"\x1f{one.values[0]}\x1f",))
    if one.field is FilterField.SIZE:
        return Sql(f"+m.size_bytes {one.op} ?", (one.amount,))
    if one.field is FilterField.ADDED:
        younger = one.op.replace("<", "\0").replace(">", "<").replace("\0", ">")
        return Sql(f"+m.added_at {younger} ?", (now - one.amount,))
    if one.field in (FilterField.APP, FilterField.UNLINKED):
        return _linked(one, registry)
    return Sql(f"{_SIMPLE[one.field]} IN ({marks})", one.values)


def _linked(one: Filter, registry: bool) -> Sql:
    unlinked = one.field is FilterField.UNLINKED
    if not registry:
        return Sql("1" if unlinked else "0")
    if unlinked:
        return Sql("NOT EXISTS (SELECT 1 FROM registry.links l WHERE l.model_uid = m.uid)")
    return Sql(
        "EXISTS (SELECT 1 FROM registry.links l JOIN registry.apps a ON a.uid = l.app_uid"
        " WHERE l.model_uid = m.uid AND (lower(a.name) = ? OR lower(a.app) = ?))",
        one.values * 2,
    )


class Statements:
    """The statements of one query in one order. `now` in epoch seconds dates `added:` filters.

    `registry` says that registry.db is attached under that name: else nothing is linked.
    """

    def __init__(self, query: Query, order: Order, *, now: float, registry: bool) -> None:
        self._order = order
        self._links = _LINKS if registry else "0"
        self._wanted = [word for word in query.words if not word.negated]
        self._name = query.name
        self._match = match_text(self._wanted)
        # Several words at once take long to match: then the hits are kept for both the count and the page.
        self._kept = sum(1 if word.exact else len(word.terms) for word in self._wanted) > 1
        self._conditions = [
            joined(["NOT", _condition(f, now, registry)]) if f.negated else _condition(f, now, registry)
            for f in query.filters
        ]
        self._conditions += [_without(word) for word in query.words if word.negated]

    @property
    def first_way(self) -> Way:
        """How to start: a word without a single letter or digit can only be found in the plain text."""
        if not self._wanted:
            return Way.EVERY
        return Way.RANKED if all(word.terms for word in self._wanted) else Way.FILLED

    def next_way(self, hits: int) -> Way | None:
        """After `hits` were counted the ranked way: the way to take instead, or None to keep the answer."""
        if self.first_way is not Way.RANKED:
            return None
        if hits < FILL_BELOW and not all(word.exact for word in self._wanted):
            return Way.FILLED
        return Way.BY_NAME if hits >= RANKED_BELOW and self._order.by is OrderBy.RELEVANCE else None

    def page(self, way: Way, limit: int, offset: int) -> Sql:
        """Rows `(hits, ROW_COLUMNS…, links)`: at least one, with NULL after `hits` where the page is empty.

        The ranked way leaves the page empty when `next_way` would name another one.
        """
        source, keys = self._by_name(limit + offset) if way is Way.BY_NAME else self._source(way)
        return joined(
            (
                "WITH",
                *self._hits(way),
                "counted (n) AS MATERIALIZED (",
                self._count(way),
                "), page AS MATERIALIZED (",
                source,
                Sql(f"ORDER BY {_order_by(keys)} LIMIT ? OFFSET ?)", (limit, offset)),
                f"SELECT counted.n, {ROW_COLUMNS}, {self._links}",
                "FROM counted LEFT JOIN page LEFT JOIN models m ON m.id = page.id",
                f"ORDER BY {_order_by(keys, 'page.')}",
            )
        )

    def place(self, way: Way, uid: str) -> Sql:
        """One row with the number of rows before a model, or no row when it is not found."""
        source, keys = self._source(way)
        return joined(
            (
                "WITH",
                *self._hits(way),
                "counted (n) AS (SELECT 0), page AS (",
                source,
                "), placed AS (",
                f"SELECT id, row_number() OVER (ORDER BY {_order_by(keys)}) - 1 AS place FROM page)",
                Sql("SELECT place FROM placed WHERE id = (SELECT id FROM models WHERE uid = ?)", (uid,)),
            )
        )

    def count(self, way: Way) -> Sql:
        """One row with the number of hits."""
        return joined(
            ("WITH", *self._hits(way), "counted (n) AS (", self._count(way), ") SELECT n FROM counted")
        )

    def _where(self, first: Sequence[Sql | str] = ()) -> Sql:
        return _all([*first, *self._conditions])

    def _keys(self) -> tuple[list[str], list[str]]:
        """Expressions to sort by when no relevance is asked, and their directions."""
        back = " DESC" if self._order.reverse else ""
        first = {
            OrderBy.SIZE: ["m.size_bytes"],
            OrderBy.ADDED: ["m.added_at"],
            OrderBy.TRUST: ["m.trust_rank"],
            OrderBy.TYPE: ["m.model_type", "m.subtype"],
            OrderBy.LINKS: [self._links],
        }.get(self._order.by)
        if first is None:
            return ["m.name_key"], [back]
        return [*first, "m.name_key"], [*[back] * len(first), ""]

    def _class(self, way: Way) -> Sql:
        """0 the very name, 1 its beginning, 2 the rest, 3 substrings; by name 0 its beginning, 1 the rest."""
        if way is Way.BY_NAME:
            return Sql("m.name_key < ? OR m.name_key >= ?", (self._name, self._name + _END))
        unlike = "WHEN hit.id IS NULL THEN 3 " if way is Way.FILLED else ""
        return Sql(
            f"CASE {unlike}WHEN m.name_key = ? THEN 0 WHEN substr(m.name_key, 1, ?) = ? THEN 1 ELSE 2 END",
            (self._name, len(self._name), self._name),
        )

    def _source(self, way: Way) -> tuple[Sql, tuple[str, ...]]:
        """A SELECT of `id, k0, k1, …` without order, and the sort keys with their directions."""
        if self._order.by is OrderBy.RELEVANCE and way is not Way.EVERY:
            ranked = "hit.score" if self._kept else _BM25
            score = {Way.FILLED: "coalesce(hit.score, 0)", Way.BY_NAME: "0"}.get(way, ranked)
            columns = joined((self._class(way), f"AS k0, {score} AS k1, m.name_key AS k2"))
            keys: tuple[str, ...] = ("k0", "k1", "k2")
        else:
            expressions, directions = self._keys()
            columns = Sql(", ".join(f"{text} AS k{n}" for n, text in enumerate(expressions)))
            keys = tuple(f"k{n}{direction}" for n, direction in enumerate(directions))
        return joined(("SELECT m.id AS id,", columns, self._from(way))), keys

    def _from(self, way: Way) -> Sql:
        if way is Way.EVERY:
            return joined(("FROM models m", self._where()))
        if way is Way.FILLED:
            tables = "FROM found CROSS JOIN models m ON m.id = found.id LEFT JOIN hit ON hit.id = m.id"
            return joined((tables, self._where()))
        few = [Sql("(SELECT n FROM counted) < ?", (RANKED_BELOW,))] if self._scored(way) else []
        if self._keeps(way):
            return joined(("FROM hit CROSS JOIN models m ON m.id = hit.id", _all(few)))
        return joined((_MATCHED, self._where([Sql("fts MATCH ?", (self._match,)), *few])))

    def _scored(self, way: Way) -> bool:
        return self._order.by is OrderBy.RELEVANCE and way is Way.RANKED

    def _keeps(self, way: Way) -> bool:
        return self._kept and way is Way.RANKED

    def _count(self, way: Way) -> Sql:
        if way is Way.EVERY:
            return joined(("SELECT count(*) FROM models m", self._where()))
        if way is Way.FILLED:
            return joined(
                ("SELECT count(*) FROM found CROSS JOIN models m ON m.id = found.id", self._where())
            )
        if self._keeps(way):
            return Sql("SELECT count(*) FROM hit")
        tables = _MATCHED if self._conditions else "FROM fts"
        return joined((f"SELECT count(*) {tables}", self._where([Sql("fts MATCH ?", (self._match,))])))

    def _hits(self, way: Way) -> tuple[Sql | str, ...]:
        """Of the filled way: `hit`, full-text hits with score, and `found`, these and substring hits. Of the
        ranked way with several words: `hit`; no more than are ranked, where they are ranked."""
        if self._keeps(way):
            most = f"LIMIT {RANKED_BELOW}" if self._scored(way) else ""
            score = _BM25 if self._scored(way) else "0"
            where = self._where([Sql("fts MATCH ?", (self._match,))])
            tables = _MATCHED if self._conditions else "FROM fts"
            rows = joined((f"SELECT fts.rowid, {score} {tables}", where, most))
            return "hit (id, score) AS MATERIALIZED (", rows, "),"
        if way is not Way.FILLED:
            return ()
        in_text = [Sql("instr(p.text, ?)", (w.text,)) for w in self._wanted if not (w.exact and w.terms)]
        exact = match_text([w for w in self._wanted if w.exact and w.terms])
        if exact:
            in_text.append(Sql("p.id IN (SELECT rowid FROM fts WHERE fts MATCH ?)", (exact,)))
        full_text = all(word.terms for word in self._wanted)
        hit = (
            joined(
                (
                    f"SELECT m.id, {_BM25} {_MATCHED}",
                    self._where([Sql("fts MATCH ?", (self._match,))]),
                )
            )
            if full_text
            else Sql("SELECT id, 0 FROM models WHERE 0")
        )
        return (
            "hit (id, score) AS MATERIALIZED (",
            hit,
            "), found (id) AS MATERIALIZED (SELECT id FROM hit UNION SELECT p.id FROM plain p WHERE",
            joined(in_text, " AND "),
            "),",
        )

    def _by_name(self, upto: int) -> tuple[Sql, tuple[str, ...]]:
        """Hits whose name begins with the query, then as many others as are missing, by the name index.

        `+m.id` keeps the planner from reading all hits and sorting them.
        """
        is_hit = Sql("+m.id IN (SELECT rowid FROM fts WHERE fts MATCH ?)", (self._match,))
        begins = Sql("m.name_key >= ? AND m.name_key < ?", (self._name, self._name + _END))
        word = self._wanted[0]
        # A name that begins with the only word is found by that word: no need to ask.
        certain = len(self._wanted) == 1 and not word.exact and word.terms == (word.text,)
        both = (
            "SELECT * FROM (WITH begins AS MATERIALIZED (",
            "SELECT m.id AS id, 0 AS k0, m.name_key AS k1 FROM models m",
            self._where([begins] if certain else [begins, is_hit]),
            Sql("ORDER BY m.name_key, m.id LIMIT ?)", (upto,)),
            "SELECT * FROM begins UNION ALL SELECT * FROM (",
            "SELECT m.id AS id, 1 AS k0, m.name_key AS k1 FROM models m",
            self._where([is_hit, joined(("NOT (", begins, ")"))]),
            Sql("ORDER BY m.name_key, m.id LIMIT max(0, ? - (SELECT count(*) FROM begins))))", (upto,)),
        )
        return joined(both), ("k0", "k1")


def _all(parts: Sequence[Sql | str]) -> Sql:
    return joined(("WHERE", joined(parts, " AND "))) if parts else Sql("")


def _order_by(keys: tuple[str, ...], table: str = "") -> str:
    last = "id DESC" if keys[-1].endswith("DESC") else "id"
    return ", ".join(f"{table}{key}" for key in (*keys, last))


def _without(word: Word) -> Sql:
    if word.terms:
        return Sql("m.id NOT IN (SELECT rowid FROM fts WHERE fts MATCH ?)", (match_text([word]),))
    return Sql("m.id NOT IN (SELECT id FROM plain WHERE instr(text, ?))", (word.text,))
