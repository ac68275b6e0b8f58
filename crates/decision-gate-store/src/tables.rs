//! The statements that read any table for whoever checks a ledger. Both kinds of store take the same text: parameters are
//! `$1`, `$2`, … and come in their order.

use decision_gate_runtime::ports::{Cell, RowsOf, Table};

/// Rows of a table by its key.
pub(crate) fn rows(asked: &RowsOf) -> String {
    let table = asked.table;
    let (within, below) = table.key().split_at(asked.within.len().min(table.key().len()));
    let mut number = 0;
    let mut next = || {
        number += 1;
        format!("${number}")
    };
    let mut conditions: Vec<String> = within.iter().map(|column| format!("{column} = {}", next())).collect();
    let after: Vec<&str> = below.iter().copied().take(asked.after.len()).collect();
    if !after.is_empty() {
        // The one column that is narrower in PostgreSQL than the number that goes with it.
        let value = |column: &&str| match *column {
            "level" => format!("CAST({} AS BIGINT)", next()),
            _ => next(),
        };
        let values: Vec<String> = after.iter().map(value).collect();
        conditions.push(format!("({}) > ({})", after.join(", "), values.join(", ")));
    }
    let condition = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    let (columns, order) = (table.columns().collect::<Vec<_>>().join(", "), table.key().join(", "));
    format!("SELECT {columns} FROM {}{condition} ORDER BY {order} LIMIT {}", table.name(), next())
}

/// What goes with [`rows`], beside the limit.
pub(crate) fn values(asked: &RowsOf) -> impl Iterator<Item = &Cell> {
    let keys = asked.table.key().len();
    asked.within.iter().take(keys).chain(asked.after.iter().take(keys.saturating_sub(asked.within.len())))
}

/// The names of streams of all tables after a name, each table by jumps from one name to the next: tenant, namespace, the
/// name, the limit.
pub(crate) fn streams(beyond: &str) -> String {
    let names = Table::OF_STREAMS.iter().chain(&[Table::LogEntries]).map(|table| {
        let of = format!("FROM {} WHERE tenant = $1 AND namespace = $2 AND stream", table.name());
        format!(
            "SELECT name FROM (WITH RECURSIVE names(name) AS (SELECT (SELECT min(stream) {of} {beyond}) UNION ALL \
             SELECT (SELECT min(stream) {of} > names.name) FROM names WHERE names.name IS NOT NULL) \
             SELECT name FROM names WHERE name IS NOT NULL LIMIT $4) AS of_{}",
            table.name()
        )
    });
    format!("{} ORDER BY 1 LIMIT $4", names.collect::<Vec<_>>().join(" UNION "))
}

/// Makes a stream that has grown beyond its last head in the log a pending one: tenant, namespace, stream.
pub(crate) const FIND_UNLOGGED: &str = "INSERT INTO pending_heads (tenant, namespace, stream) \
    SELECT tenant, namespace, stream FROM heads WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq > \
    (SELECT coalesce(max(size), 0) FROM log_entries WHERE tenant = $1 AND namespace = $2 AND stream = $3) \
    ON CONFLICT DO NOTHING";

/// Makes every stream that has grown beyond its last head in the log a pending one: tenant, namespace.
pub(crate) const FIND_ALL_UNLOGGED: &str = "INSERT INTO pending_heads (tenant, namespace, stream) \
    SELECT tenant, namespace, stream FROM heads WHERE tenant = $1 AND namespace = $2 AND seq > \
    (SELECT coalesce(max(size), 0) FROM log_entries WHERE log_entries.tenant = heads.tenant \
    AND log_entries.namespace = heads.namespace AND log_entries.stream = heads.stream) ON CONFLICT DO NOTHING";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_key_of_the_last_row_was() {
        let asked = |within: usize, after: usize| RowsOf {
            table: Table::Prunings,
            within: vec![Cell::Integer(1); within],
            after: vec![Cell::Integer(1); after],
            limit: 9,
        };
        let all = "SELECT tenant, namespace, stream, through, at, pruned FROM prunings";
        let order = "ORDER BY tenant, namespace, stream, through LIMIT";
        assert_eq!(rows(&asked(0, 0)), format!("{all} {order} $1"));
        assert_eq!(
            rows(&asked(2, 1)),
            format!("{all} WHERE tenant = $1 AND namespace = $2 AND (stream) > ($3) {order} $4")
        );
        assert_eq!(rows(&asked(0, 2)), format!("{all} WHERE (tenant, namespace) > ($1, $2) {order} $3"));
        assert_eq!((values(&asked(2, 2)).count(), values(&asked(9, 9)).count()), (4, 4));
    }
}
