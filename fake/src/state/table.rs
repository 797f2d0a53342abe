//! Tables: rows in the order of their creation, an index of them, and changes that can be undone.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Index, IndexMut},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The number of rows beyond a maximum that are removed at once, so that it is rare.
const SLACK: usize = 1_000;

/// The number of a row, which no other row of the table ever has.
pub(crate) type Place = u64;

/// What rows are found by without reading all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Id(Uuid),
    /// The user that the row belongs to.
    User(Uuid),
    Email(String),
    Phone(String),
    /// The provider of an identity, and the id of the user there.
    Identity(String, String),
    /// A code, or the hash of one.
    Code(String),
    /// A refresh token of version 1.
    RefreshToken(String),
    /// The second factor that a session was raised by.
    Factor(Uuid),
}

/// A row of a table.
pub(crate) trait Row: Clone {
    /// Returns the keys that the row is indexed by. Default: none, so that the table is searched row by row.
    fn keys(&self) -> Vec<Key> {
        Vec::new()
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<Place, T>,
    next: Place,
    /// The places of each key, in order.
    index: HashMap<Key, Vec<Place>>,
    /// The row that was last lent to be changed, and the keys that the index has for it.
    lent: Option<(Place, Vec<Key>)>,
    /// What the changed rows were before the transaction, if there is one.
    before: Option<Vec<(Place, Option<T>)>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), next: 0, index: HashMap::new(), lent: None, before: None }
    }
}

impl<T: Row> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the rows, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: T) {
        let place = self.next;
        self.next += 1;
        self.remember(place, None);
        for key in row.keys() {
            add(&mut self.index, key, place);
        }
        self.rows.insert(place, row);
    }

    /// Returns the places of the rows with a key, oldest first.
    pub(crate) fn places(&self, key: &Key) -> Vec<Place> {
        let mut places = self.index.get(key).cloned().unwrap_or_default();
        // The index may be out of date about the row that was lent.
        if let Some((place, keys)) = &self.lent {
            let has_key = self.rows.get(place).is_some_and(|row| row.keys().contains(key));
            match (keys.contains(key), has_key) {
                (true, false) => places.retain(|other| other != place),
                (false, true) => {
                    places.push(*place);
                    places.sort_unstable();
                }
                _ => {}
            }
        }
        places
    }

    /// Returns the rows with a key, oldest first.
    pub(crate) fn with<'a>(&'a self, key: &Key) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.places(key).into_iter().filter_map(|place| self.rows.get(&place))
    }

    /// Returns the oldest row with a key.
    pub(crate) fn find(&self, key: &Key) -> Option<&T> {
        self.rows.get(&self.place(key)?)
    }

    /// Returns the oldest row with a key, to be changed.
    pub(crate) fn find_mut(&mut self, key: &Key) -> Option<&mut T> {
        let place = self.place(key)?;
        self.lend(place)
    }

    /// Returns the place of the oldest row with a key.
    pub(crate) fn place(&self, key: &Key) -> Option<Place> {
        if self.lent.is_some() { self.places(key).first().copied() } else { self.index.get(key)?.first().copied() }
    }

    /// Searches the table for the oldest row that fits.
    pub(crate) fn position(&self, fits: impl Fn(&T) -> bool) -> Option<Place> {
        self.rows.iter().find(|(_, row)| fits(row)).map(|(place, _)| *place)
    }

    /// Removes a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[expect(clippy::expect_used, reason = "the caller has found the row at this place")]
    pub(crate) fn remove(&mut self, place: Place) -> T {
        self.take(place).expect("a place is of a row")
    }

    fn take(&mut self, place: Place) -> Option<T> {
        self.settle();
        let row = self.rows.remove(&place)?;
        for key in row.keys() {
            drop_from(&mut self.index, &key, place);
        }
        self.remember(place, Some(&row));
        Some(row)
    }

    /// Searches the table and removes the rows that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let gone: Vec<Place> = self.rows.iter().filter(|(_, row)| !keep(row)).map(|(place, _)| *place).collect();
        for place in gone {
            self.take(place);
        }
    }

    /// Removes the rows with a key that are not to be kept.
    pub(crate) fn retain_with(&mut self, key: &Key, keep: impl Fn(&T) -> bool) {
        for place in self.places(key) {
            if self.rows.get(&place).is_some_and(|row| !keep(row)) {
                self.take(place);
            }
        }
    }

    /// Removes the oldest rows if there are many more than a maximum.
    pub(crate) fn keep_newest(&mut self, most: usize) {
        if self.rows.len() <= most + SLACK {
            return;
        }
        let excess = self.rows.len() - most;
        let oldest: Vec<Place> = self.rows.keys().take(excess).copied().collect();
        for place in oldest {
            self.take(place);
        }
    }

    fn lend(&mut self, place: Place) -> Option<&mut T> {
        if self.lent.as_ref().is_none_or(|(lent, _)| *lent != place) {
            self.settle();
            let row = self.rows.get(&place)?;
            self.lent = Some((place, row.keys()));
            if self.before.is_some() {
                let row = row.clone();
                self.remember(place, Some(&row));
            }
        }
        self.rows.get_mut(&place)
    }

    /// Brings the index up to date.
    fn settle(&mut self) {
        let Some((place, old)) = self.lent.take() else { return };
        let new = self.rows.get(&place).map(Row::keys).unwrap_or_default();
        if old == new {
            return;
        }
        for key in old {
            drop_from(&mut self.index, &key, place);
        }
        for key in new {
            add(&mut self.index, key, place);
        }
    }

    /// Keeps what a row was before the transaction.
    fn remember(&mut self, place: Place, row: Option<&T>) {
        if let Some(before) = &mut self.before
            && before.iter().all(|(known, _)| *known != place)
        {
            before.push((place, row.cloned()));
        }
    }
}

impl<T: Row> Index<Place> for Table<T> {
    type Output = T;

    /// # Panics
    /// If there is no such row.
    fn index(&self, place: Place) -> &T {
        &self.rows[&place]
    }
}

impl<T: Row> IndexMut<Place> for Table<T> {
    /// # Panics
    /// If there is no such row.
    #[expect(clippy::expect_used, reason = "the caller has found the row at this place")]
    fn index_mut(&mut self, place: Place) -> &mut T {
        self.lend(place).expect("a place is of a row")
    }
}

/// A table whose changes can be undone.
pub(crate) trait Transaction {
    /// Starts to remember what the rows were.
    fn start(&mut self);

    /// Keeps the changes since the start.
    fn commit(&mut self);

    /// Undoes the changes since the start.
    fn undo(&mut self);
}

impl<T: Row> Transaction for Table<T> {
    fn start(&mut self) {
        self.settle();
        self.before = Some(Vec::new());
    }

    fn commit(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        for (place, row) in self.before.take().into_iter().flatten() {
            self.take(place);
            if let Some(row) = row {
                for key in row.keys() {
                    add(&mut self.index, key, place);
                }
                self.rows.insert(place, row);
            }
        }
    }
}

fn add(index: &mut HashMap<Key, Vec<Place>>, key: Key, place: Place) {
    let places = index.entry(key).or_default();
    if let Err(at) = places.binary_search(&place) {
        places.insert(at, place);
    }
}

fn drop_from(index: &mut HashMap<Key, Vec<Place>>, key: &Key, place: Place) {
    let Some(places) = index.get_mut(key) else { return };
    if let Ok(at) = places.binary_search(&place) {
        places.remove(at);
    }
    if places.is_empty() {
        index.remove(key);
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.values())
    }
}

impl<'de, T: Row + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for row in Vec::<T>::deserialize(deserializer)? {
            table.push(row);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Name(&'static str, u32);

    impl Row for Name {
        fn keys(&self) -> Vec<Key> {
            vec![Key::Email(self.0.to_owned())]
        }
    }

    fn key(name: &str) -> Key {
        Key::Email(name.to_owned())
    }

    fn table(rows: &[Name]) -> Table<Name> {
        let mut table = Table::default();
        for row in rows {
            table.push(row.clone());
        }
        table
    }

    fn rows(table: &Table<Name>) -> Vec<Name> {
        table.iter().cloned().collect()
    }

    #[test]
    fn a_row_is_found_by_its_present_keys() {
        let mut table = table(&[Name("ada", 1), Name("grace", 2), Name("ada", 3)]);
        assert_eq!(table.with(&key("ada")).map(|row| row.1).collect::<Vec<_>>(), [1, 3]);
        table.find_mut(&key("ada")).unwrap().0 = "grace";
        // While the row is lent, and after another one is.
        for _ in 0..2 {
            assert_eq!(table.with(&key("ada")).map(|row| row.1).collect::<Vec<_>>(), [3]);
            assert_eq!(table.with(&key("grace")).map(|row| row.1).collect::<Vec<_>>(), [1, 2]);
            table.find_mut(&key("ada")).unwrap();
        }
        table.retain_with(&key("grace"), |row| row.1 != 1);
        assert_eq!(table.find(&key("grace")), Some(&Name("grace", 2)));
        assert_eq!(table.find(&key("alan")), None);
    }

    #[test]
    fn a_transaction_is_undone_or_kept() {
        let before = [Name("ada", 1), Name("grace", 2), Name("joan", 3)];
        let change = |table: &mut Table<Name>| {
            table.start();
            table.push(Name("mary", 4));
            table.find_mut(&key("ada")).unwrap().1 = 10;
            table.find_mut(&key("grace")).unwrap().0 = "edith";
            table.find_mut(&key("edith")).unwrap().1 = 20;
            table.retain(|row| row.0 != "joan" && row.0 != "edith");
        };
        let mut undone = table(&before);
        change(&mut undone);
        undone.undo();
        assert_eq!(rows(&undone), before);
        for row in &before {
            assert_eq!(undone.find(&key(row.0)), Some(row));
        }
        assert!(undone.find(&key("mary")).is_none() && undone.find(&key("edith")).is_none());

        let mut kept = table(&before);
        change(&mut kept);
        kept.commit();
        assert_eq!(rows(&kept), [Name("ada", 10), Name("mary", 4)]);
        // A change outside of a transaction cannot be undone.
        kept.push(Name("joan", 5));
        kept.undo();
        assert_eq!(kept.len(), 3);
    }

    #[test]
    fn the_newest_rows_are_kept() {
        let mut table = table(&vec![Name("ada", 1); 5 + SLACK]);
        table.keep_newest(5);
        assert_eq!(table.len(), 5 + SLACK);
        table.push(Name("grace", 2));
        table.keep_newest(5);
        assert_eq!((table.len(), table.iter().last()), (5, Some(&Name("grace", 2))));
        assert_eq!(table.places(&key("ada")).len(), 4);
    }
}
