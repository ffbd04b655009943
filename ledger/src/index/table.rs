//! Rows that keep their places, and what they are found by.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::order::Row;

/// Where a row stands. It stays there for as long as it lives; then another may take the place.
pub(super) type Place = usize;

/// Which rows bear a text: places alone, since the texts stand in the rows.
#[derive(Default)]
pub(super) struct Places {
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Places {
    /// The places of the rows of which `text_of` says that they bear `text`.
    pub(super) fn find<'a>(
        &'a self,
        text: &'a str,
        text_of: impl Fn(Place) -> Option<&'a str> + 'a,
    ) -> impl Iterator<Item = Place> + 'a {
        let candidates = self.table.iter_hash(self.hasher.hash_one(text)).map(|place| *place as Place);
        candidates.filter(move |place| text_of(*place) == Some(text))
    }

    /// Enters a row that bears `text`, as `text_of` says of it and of those that were entered before.
    pub(super) fn add<'a>(&mut self, text: &str, place: Place, text_of: impl Fn(Place) -> Option<&'a str>) {
        // Four billion rows are more than memory holds.
        let Ok(place) = u32::try_from(place) else { return };
        let hasher = &self.hasher;
        let hash = |place: &u32| hasher.hash_one(text_of(*place as Place).unwrap_or_default());
        self.table.insert_unique(hasher.hash_one(text), place, hash);
    }

    /// Takes out a row that was entered with `text`.
    pub(super) fn remove(&mut self, text: &str, place: Place) {
        let hash = self.hasher.hash_one(text);
        if let Ok(found) = self.table.find_entry(hash, |entered| *entered as Place == place) {
            found.remove();
        }
    }
}

/// Rows, found by their ids.
pub(super) struct Table<R> {
    rows: Vec<Option<R>>,
    free: Vec<Place>,
    ids: Places,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), free: Vec::new(), ids: Places::default() }
    }
}

impl<R: Row> Table<R> {
    /// Mostly in the order in which they came.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.rows.iter().filter_map(Option::as_ref)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.rows.iter_mut().filter_map(Option::as_mut)
    }

    pub(super) fn place(&self, id: &str) -> Option<Place> {
        self.ids.find(id, |place| self.at(place).map(Row::id)).next()
    }

    pub(super) fn at(&self, place: Place) -> Option<&R> {
        self.rows.get(place)?.as_ref()
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut R> {
        self.rows.get_mut(place)?.as_mut()
    }

    /// Puts a row in, in the place of the one with its id if there is one; answers where it stands now, and that one.
    pub(super) fn put(&mut self, row: R) -> (Place, Option<R>) {
        if let Some(place) = self.place(row.id())
            && let Some(known) = self.rows.get_mut(place)
        {
            return (place, known.replace(row));
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            self.rows.len() - 1
        });
        let id = row.id().to_owned();
        if let Some(free) = self.rows.get_mut(place) {
            *free = Some(row);
        }
        let rows = &self.rows;
        self.ids.add(&id, place, |place| rows.get(place)?.as_ref().map(Row::id));
        (place, None)
    }

    /// Takes a row out; answers where it stood.
    pub(super) fn remove(&mut self, id: &str) -> Option<(Place, R)> {
        let place = self.place(id)?;
        self.ids.remove(id, place);
        let row = self.rows.get_mut(place)?.take()?;
        self.free.push(place);
        Some((place, row))
    }
}
