//! Rows of tables as they lie there: page by page, and cell by cell with a name for each that does not read.

use decision_gate_core::digest::Digest;

use super::error::LedgerError;
use crate::ports::{Cell, RowsOf, Scope, Store, Stream, Table};

/// How many rows of small columns are read at a time.
const PAGE: usize = 1_000;

/// How many rows that carry documents or tiles are read at a time.
const WIDE_PAGE: usize = 64;

/// The longest that is shown of a cell, in characters.
const SHOWN: usize = 80;

/// The first cells of every key on a shelf.
pub(super) fn of_shelf(scope: Scope) -> Vec<Cell> {
    vec![Cell::Integer(scope.tenant.get().cast_signed()), Cell::Integer(scope.namespace.get().cast_signed())]
}

/// The first cells of every key of a stream.
pub(super) fn of_stream(stream: &Stream) -> Vec<Cell> {
    let name = stream.run.as_ref().map_or("", |run| run.as_str());
    let mut cells = of_shelf(stream.scope);
    cells.push(Cell::Text(name.as_bytes().to_vec()));
    cells
}

/// The first row of a table within these cells and beyond those.
pub(super) async fn first(
    store: &dyn Store,
    table: Table,
    within: Vec<Cell>,
    after: Vec<Cell>,
) -> Result<Option<Vec<Cell>>, LedgerError> {
    let found = store.raw_rows(&RowsOf { table, within, after, limit: 1 }).await?;
    Ok(found.into_iter().next())
}

/// Which tables have rows of a stream, with the first of each.
pub(super) async fn tables_of(store: &dyn Store, within: &[Cell]) -> Result<Vec<(Table, Vec<Cell>)>, LedgerError> {
    let mut found = Vec::new();
    for table in Table::OF_STREAMS {
        if let Some(row) = first(store, *table, within.to_vec(), Vec::new()).await? {
            found.push((*table, row));
        }
    }
    Ok(found)
}

/// Rows of a table on their way.
pub(super) struct Pages<'a> {
    store: &'a dyn Store,
    next: Option<RowsOf>,
}

impl<'a> Pages<'a> {
    /// All rows whose key begins with these cells.
    pub(super) fn new(store: &'a dyn Store, table: Table, within: Vec<Cell>) -> Self {
        let limit = match table {
            Table::Scenarios | Table::Policies | Table::DataShapes | Table::LogTiles | Table::EventTiles => WIDE_PAGE,
            _ => PAGE,
        };
        Self { store, next: Some(RowsOf { table, within, after: Vec::new(), limit }) }
    }

    /// The next rows; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Vec<Cell>>>, LedgerError> {
        let Some(mut asked) = self.next.take() else { return Ok(None) };
        let found = self.store.raw_rows(&asked).await?;
        if let Some(last) = found.last().filter(|_| found.len() == asked.limit) {
            let key = asked.table.key().len();
            asked.after = last.iter().take(key).skip(asked.within.len()).cloned().collect();
            self.next = Some(asked);
        }
        Ok(Some(found))
    }
}

/// A row, whose cells are asked for by name. What does not read is said in words.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) table: Table,
    pub(super) cells: &'a [Cell],
}

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a Cell {
        let place = self.table.columns().position(|it| it == column);
        place.and_then(|place| self.cells.get(place)).unwrap_or(&Cell::Null)
    }

    /// A number from 0.
    pub(super) fn number(&self, column: &str) -> Result<u64, String> {
        match self.cell(column) {
            Cell::Integer(number) => u64::try_from(*number).map_err(|_| self.unread(column)),
            _ => Err(self.unread(column)),
        }
    }

    /// A text.
    pub(super) fn text(&self, column: &str) -> Result<&'a str, String> {
        match self.cell(column) {
            Cell::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| self.unread(column)),
            _ => Err(self.unread(column)),
        }
    }

    /// A name of some kind.
    pub(super) fn name<T: TryFrom<String>>(&self, column: &str) -> Result<T, String> {
        T::try_from(self.text(column)?.to_owned()).map_err(|_| self.unread(column))
    }

    /// Bytes.
    pub(super) fn bytes(&self, column: &str) -> Result<&'a [u8], String> {
        match self.cell(column) {
            Cell::Blob(bytes) => Ok(bytes),
            _ => Err(self.unread(column)),
        }
    }

    /// A digest.
    pub(super) fn digest(&self, column: &str) -> Result<Digest, String> {
        let bytes = <[u8; 32]>::try_from(self.bytes(column)?).map_err(|_| self.unread(column))?;
        Ok(Digest::from_bytes(bytes))
    }

    /// What to say of a cell that is not what its column is for.
    pub(super) fn unread(&self, column: &str) -> String {
        format!("{}: its `{column}` is {}", self.place(), shown(self.cell(column)))
    }

    /// Which row it is.
    pub(super) fn place(&self) -> String {
        let key =
            self.table.key().iter().zip(self.cells).filter(|(column, _)| !["tenant", "namespace"].contains(*column));
        let key: Vec<String> = key.map(|(column, cell)| format!("{column} {}", shown(cell))).collect();
        match key.is_empty() {
            true => format!("the row of table `{}`", self.table.name()),
            false => format!("the row of table `{}` with {}", self.table.name(), key.join(", ")),
        }
    }
}

/// A cell for people.
pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "nothing".to_owned(),
        Cell::Integer(number) => format!("`{number}`"),
        Cell::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let short: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
            if short.is_empty() { "the empty text".to_owned() } else { format!("`{short}`") }
        }
        Cell::Blob(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(digest) => format!("`{}`", Digest::from_bytes(digest)),
            Err(_) => format!("{} bytes", bytes.len()),
        },
        Cell::Other => "no value of a ledger".to_owned(),
    }
}
