//! What the books of a data directory are for.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::SqliteStore;
use super::opening::explain;
use crate::purpose::{READ, WRITE};
use crate::{Purpose, StoreError};

impl SqliteStore {
    /// What the books are for.
    pub fn purpose(&self) -> Result<Purpose, StoreError> {
        read(&self.connection)
    }

    /// Sets what the books are for. Only the process that creates them does this.
    pub fn set_purpose(&self, purpose: Purpose) -> Result<(), StoreError> {
        if self.purpose()? == purpose {
            return Ok(());
        }
        let file = Path::new(self.connection.path().unwrap_or_default());
        let written = self.connection.execute(WRITE, [purpose.name()]);
        let directory = file.parent().unwrap_or(file);
        written.map(drop).map_err(|error| explain(directory, error.into()))
    }
}

pub(super) fn read(connection: &Connection) -> Result<Purpose, StoreError> {
    let name = connection.query_row(READ, [], |row| row.get::<_, String>(0));
    Purpose::named(name.optional()?.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{known, migrate};

    #[test]
    fn books_contain_their_purpose() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &known()).unwrap();
        assert_eq!(read(&connection).unwrap(), Purpose::Production);
        for purpose in [Purpose::Sandbox, Purpose::Production] {
            connection.execute(WRITE, [purpose.name()]).unwrap();
            assert_eq!(read(&connection).unwrap(), purpose);
        }
        connection.execute("DELETE FROM purpose", []).unwrap();
        assert!(read(&connection).unwrap_err().is_damage());
    }
}
